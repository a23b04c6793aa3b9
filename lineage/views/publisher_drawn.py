"""What an account hosts, drawn: whose models, through it, as which format; and the bars of a table. Pure."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from lineage.answers.cuts import NONE, UNKNOWN
from lineage.views import wording
from lineage.views.charts.sankey import Flow, Sankey, Stop
from lineage.views.pictures import palette

if TYPE_CHECKING:
    from lineage.answers.hosting import Hosting

#: So many base publishers and formats have a stop of their own; the rest is one.
BASES, FORMATS = 12, 8

#: Relations that have a colour of their own in a chart.
_TONES = ("finetune", "adapter", "quantized", "merge", "copy")


def sankey(found: "Hosting") -> Sankey:
    """Downloads from whose models an account's repositories stand on, through the account, to their formats."""
    rows = found.through.to_pylist()
    left, left_of = _left(rows)
    right, right_of = _right(rows)
    flows: dict[tuple[tuple[str, str, str], str], int] = defaultdict(int)
    for row in rows:
        tone = row["relation"] if row["relation"] in _TONES else ""
        flows[(left_of[_whose(row)], "account", right_of[row["format"]]), tone] += row["downloads"]
    whole = sum(row["downloads"] for row in rows)
    tone = "intermediary" if found.listed else ""
    hint = "A listed intermediary." if found.listed else ""
    return Sankey(
        name="through",
        title=f"Whose models {found.name} hosts, and in which formats",
        about="Bands from the publishers of the bases to the account and on to file formats, as wide as downloads. "
        "The tables below hold the same numbers.",
        columns=(
            ("Made from models of", tuple(left)),
            ("Hosted by", (Stop("account", found.name, tone=tone, hint=hint),)),
            ("Made available as", tuple(right)),
        ),
        flows=tuple(Flow(path, value, tone) for (path, tone), value in sorted(flows.items())),
        whole=whole,
    )


def _whose(row: dict[str, Any]) -> tuple[str, str]:
    return row["kind"] if row["kind"] != "other" else "other", row["base_publisher"] if row["kind"] == "other" else ""


def _left(rows: list[dict[str, Any]]) -> tuple[list[Stop], dict[tuple[str, str], str]]:
    """The stops of base publishers, largest first, what is summed up last; and the stop of each."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        sums[_whose(row)] += row["downloads"]
    order = sorted((key for key in sums if key[0] == "other"), key=lambda key: (-sums[key], key))
    shown = order[:BASES] if len(order) > BASES + 1 else order
    rest = order[len(shown) :]
    stop_of = {key: f"other:{key[1]}" for key in shown} | dict.fromkeys(rest, "(others)")
    stops = [
        Stop(stop_of[key], "no account named" if key[1] == UNKNOWN else key[1], "unknown" if key[1] == UNKNOWN else "")
        for key in shown
    ]
    if ("own", "") in sums:
        stop_of["own", ""] = "own"
        stops.append(Stop("own", "the same owner", tone="own", hint="Models of this account, or of its owner."))
    stops.sort(key=lambda stop: -sums[next(key for key, name in stop_of.items() if name == stop.key)])
    if rest:
        stops.append(Stop("(others)", f"{len(rest):,} other publishers", "others"))
    if ("none", "") in sums:
        stop_of["none", ""] = NONE
        stops.append(Stop(NONE, "no known base", "none", hint="Its own models, and those that name no base."))
    return stops, stop_of


def _right(rows: list[dict[str, Any]]) -> tuple[list[Stop], dict[str | None, str]]:
    """The stops of formats, largest first, what is summed up last; and the stop of each."""
    sums: dict[str | None, int] = defaultdict(int)
    for row in rows:
        sums[row["format"]] += row["downloads"]
    order = sorted((key for key in sums if key is not None), key=lambda key: (-sums[key], key))
    shown = order[:FORMATS] if len(order) > FORMATS + 1 else order
    rest = order[len(shown) :]
    stop_of: dict[str | None, str] = dict.fromkeys(rest, "(others)")
    for key in shown:
        stop_of[key] = f"format:{key}"
    stops = [Stop(stop_of[key], key or "") for key in shown]
    if rest:
        stops.append(Stop("(others)", f"{len(rest):,} other formats", "others"))
    if None in sums:
        stop_of[None] = UNKNOWN
        stops.append(Stop(UNKNOWN, "format not known", "unknown"))
    return stops, stop_of


def relations(found: "Hosting") -> list[dict[str, str]]:
    """By relation to a known base the account's downloads, as lines that add up to all of them."""
    sums: dict[str, int] = defaultdict(int)
    for row in found.through.to_pylist():
        sums["" if row["kind"] == "none" else (row["relation"] or "unlabelled")] += row["downloads"]
    whole = sum(sums.values())
    keys = [key for key in palette.RELATIONS if key and key in sums] + [
        key for key in sums if key not in palette.RELATIONS
    ]
    return [
        {
            "key": f"relation-{key}" if key in palette.RELATIONS and key else "",
            "letter": palette.look(key).letter if key else "",
            "word": (palette.look(key).many if key else "no known base").capitalize(),
            "downloads": wording.exact(sums[key]),
            "share": wording.share(sums[key], whole),
        }
        for key in [*keys, *([""] if "" in sums else [])]
    ]


def length(part: int, whole: int) -> str:
    """How long a bar is, of 100."""
    return f"{100 * part / whole if whole else 0:.2f}"
