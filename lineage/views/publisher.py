"""`lineage view publisher`: what an account hosts and serves → one page.

hosting (`answers/hosting.py`) → tables and diagram (`publisher_drawn.py`, `sankey.py`) → `page.py`.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lineage.answers.cuts import NONE, UNKNOWN
from lineage.answers.serving import TOTAL
from lineage.views import wording
from lineage.views.budget import within
from lineage.views.charts.sankey import sankey as diagram
from lineage.views.page import embed, page, parts
from lineage.views.pictures import palette
from lineage.views.publisher_drawn import length, relations, sankey

if TYPE_CHECKING:
    from lineage.answers.hosting import Hosting

SCRIPTS = ("page.js", "saving.js", "repositories.js")
STYLES = ("page.css", "picture.css", "charts.css", "origins.css")

#: So many lines each table has; the rest is counted with its sum. So many repositories can be searched and kept.
BASES, OTHERS, LISTED, SEARCHED = 25, 25, 200, 2_000

#: What each rule counts, for who has not read the definitions.
RULES = {
    "R1": ("all that accounts on the list strict host", "it is on the list", "it is not on the list"),
    "R2": ("all of an account with at least 80 % of its downloads on what it quantized or copied of others", "", ""),
    "R3": ("the same with adapters and merges", "", ""),
    "R4": ("repositories that quantize or copy a model of another owner", "", ""),
    "R5": ("the same with adapters and merges", "", ""),
    "R6": ("every repository made from a model of another owner", "", ""),
}

#: What an account that serves is, seen from this one.
KINDS = {"owner": "the same owner", "intermediary": "listed intermediary", "other": "other"}


def publisher_page(found: "Hosting") -> str:
    """What the account hosts as one HTML file: figures, diagram, tables, its repositories. The same gives the same.

    Where names are so long that it would weigh more than a page may, they are cut, and it says so.
    """
    return within(_page, found)


def _page(found: "Hosting", said: str) -> str:
    found = replace(found, said=[*found.said, said]) if said else found
    return page("publisher.html", _values(found), parts(*SCRIPTS), parts(*STYLES))


def header(found: "Hosting") -> list[tuple[str, str]]:
    """Where the numbers come from: the first line of the page."""
    listed = min(len(found.repositories), LISTED)
    many = wording.count(found.repositories.num_rows, "model")
    return [
        ("Snapshot", f"{found.snapshot}, {wording.day(found.taken_at)}"),
        ("Source", found.source),
        ("Account", f"{many} of {found.models:,} in the snapshot"),
        ("Drawn", f"all downloads; {listed:,} models listed, the rest counted, nothing dropped"),
        ("Basis", found.basis),
        ("Downloads", wording.window(found.window)),
    ]


def _values(found: "Hosting") -> dict[str, Any]:
    """Everything that `publisher.html` names, except style and script."""
    rows = found.rows.to_pylist()
    total = next(row for row in rows if row["base"] == TOTAL)
    own = total["downloads"]
    rules = {rule["rule"]: rule["downloads"] for rule in found.rules}
    others = found.others.to_pylist()
    bases = [row for row in rows if row["base"] not in (TOTAL, NONE)]
    flows = sankey(found)
    return {
        "kicker": "What an account hosts",
        "title": found.name,
        "lede": _lede(found, total, rules),
        "second": _second(found, others),
        "header": [{"fact": fact, "value": value} for fact, value in header(found)],
        "about": _about(found),
        "address": [{"href": href} for href in [wording.address(found.name)] if href],
        "said": [
            {"sentence": wording.prose(sentence.rstrip("."))}
            for sentence in found.said
            if "the rules count" not in sentence
        ],
        "own": wording.exact(own),
        "share": wording.share(own, found.downloads),
        "all": wording.exact(found.downloads),
        "models": wording.exact(found.repositories.num_rows),
        "again": wording.share(rules["R4"], own),
        "again_of": wording.exact(rules["R4"]),
        "others_downloads": wording.exact(sum(row["downloads"] for row in others)),
        "others_models": wording.count(sum(row["models"] for row in others), "model"),
        "drawn": [
            {"svg": diagram(flows, high=max(160.0, min(420.0, 26.0 * sum(len(stops) for _, stops in flows.columns))))}
        ]
        if own
        else [],
        "relations": relations(found),
        "hatched": any(stop.kind == "others" for _, stops in flows.columns for stop in stops),
        "hollow": any(stop.kind in ("none", "unknown") for _, stops in flows.columns for stop in stops),
        "rules": [_rule(rule, rules, own) for rule in found.rules],
        "has_bases": bool(bases),
        "bases": [_base(row) for row in bases[:BASES]],
        "more_bases": _rest(bases[BASES:], "base"),
        "none": [
            {"count": wording.count(row["models"], "model"), "downloads": wording.exact(row["downloads"])}
            for row in rows
            if row["base"] == NONE
        ],
        "has_others": bool(others),
        "no_others": not others,
        "others": [_other(row, others[0]["downloads"]) for row in others[:OTHERS]],
        "more_others": _rest(others[OTHERS:], "account"),
        "repositories": [_repository(row) for row in found.repositories.slice(0, LISTED).to_pylist()],
        "has_repositories": bool(found.repositories.num_rows),
        "dated": bool(found.repositories.num_rows - found.repositories["created_at"].null_count),
        "listed": _listed(found),
        "searched": min(found.repositories.num_rows, SEARCHED) > LISTED,
        "snapshot": found.snapshot,
        "day": wording.day(found.taken_at),
        "source": found.source,
        "basis": found.basis,
        "basis_about": wording.basis(found.basis),
        "window": wording.window(found.window),
        "data": embed(_kept(found)),
    }


def _lede(found: "Hosting", total: dict[str, Any], rules: dict[str, int]) -> str:
    """The one sentence that a reader takes along; its parts stand in the tables below."""
    own, models = total["downloads"], found.repositories.num_rows
    if not models:
        return f"{found.name} hosts no model that is counted here; it is named as the publisher of bases."
    text = f"{found.name} hosts {wording.count(models, 'model')} with {wording.count(own, 'download')}"
    text += f" ({wording.window(found.window)}), {wording.share(own, found.downloads)} of all in the snapshot"
    if not own:
        return f"{found.name} hosts {wording.count(models, 'model')}, without a download in this window."
    if not rules["R6"]:
        return f"{text}. None of them is known to be made from a model of another owner."
    again, any_ = wording.share(rules["R4"], own), wording.share(rules["R6"], own)
    if not rules["R4"]:
        text += f". {any_} of these downloads went to what it made from models of others without quantizing them"
    elif rules["R4"] == rules["R6"]:
        text += f". {again} of these downloads went to what it quantized or copied of others"
    else:
        text += f". {again} of these downloads went to what it quantized or copied of others, "
        text += f"{any_} to anything made from them"
    served = (
        f"{wording.count(total['bases_served'], 'base')} of {wording.count(total['publishers_served'], 'publisher')}"
    )
    return f"{text}: {served}."


def _second(found: "Hosting", others: list[dict[str, Any]]) -> str:
    if not others:
        return "No other account hosts a model that is known to be made directly from one of its models."
    amount = sum(row["downloads"] for row in others)
    quantized = sum(row["quantized"] for row in others)
    return (
        f"{wording.count(len(others), 'other account hosts', 'other accounts host')} "
        f"{wording.count(sum(row['models'] for row in others), 'model')} made directly from its models, with "
        f"{wording.count(amount, 'download')}; {wording.share(quantized, amount)} of them on quantizations and copies."
    )


def _about(found: "Hosting") -> list[dict[str, str]]:
    fellows = ", ".join(found.fellows[:8]) + (f" and {len(found.fellows) - 8:,} more" if len(found.fellows) > 8 else "")
    facts = [
        ("Type", found.type or "unknown"),
        ("Country", ", ".join(found.countries) or "unknown"),
        ("Owner", found.group or found.name),
        ("Other accounts of this owner", fellows),
        ("List of intermediaries", "strict" if found.listed else "not on it"),
    ]
    return [{"fact": fact, "value": value} for fact, value in facts if value]


def _rule(rule: dict[str, Any], all_rules: dict[str, int], own: int) -> dict[str, Any]:
    name = rule["rule"]
    about, yes, no = RULES[name]
    counts = bool(rule["models"])
    why = yes if counts else no
    if name in ("R2", "R3"):
        part = all_rules["R4" if name == "R2" else "R5"]
        why = f"{part:,} of {own:,} are {wording.share(part, own)}" if own else "it has no downloads"
    return {
        "rule": name,
        "rule_about": about,
        "why": why,
        "counts": "counts it" if counts else "does not",
        "downloads": wording.exact(rule["downloads"]),
        "share": wording.share(rule["downloads"], own),
        "bar": length(rule["downloads"], own),
        "models": wording.exact(rule["models"]),
    }


def _link(id: str) -> dict[str, Any]:
    """The parts of a name in a table: its account, and its link where the Hub allows such a name."""
    href = wording.address(id)
    account, name = wording.split(id)
    return {
        "linked": [{"href": href}] if href else [],
        "unlinked": not href,
        "account": account and account + "/",
        "name": name,
    }


def _base(row: dict[str, Any]) -> dict[str, Any]:
    words = [palette.look(word).one for word in row["relations"] or () if word != UNKNOWN]
    return {
        **_link(row["base"]),
        "whose": "own" if row["kind"] == "own" else "",
        "made": ", ".join(words) or "unlabelled",
        "formats": ", ".join(row["formats"] or ()),
        "downloads": wording.exact(row["downloads"]),
        "models": wording.exact(row["models"]),
        "through": wording.exact(row["through_it"]),
        "family": wording.exact(row["family_downloads"]),
        "share": wording.share(row["through_it"], row["family_downloads"]),
        "bar": length(row["through_it"], row["family_downloads"]),
    }


def _other(row: dict[str, Any], most: int) -> dict[str, Any]:
    return {
        **_link(row["publisher"] if row["publisher"] != UNKNOWN else "accounts without a name"),
        "kind_class": "listed" if row["kind"] == "intermediary" else "",
        "kind": KINDS.get(row["kind"], row["kind"]),
        "made": ", ".join(palette.look(word).one for word in row["relations"] or ()),
        "models": wording.exact(row["models"]),
        "downloads": wording.exact(row["downloads"]),
        "quantized": wording.exact(row["quantized"]),
        "bar": length(row["downloads"], most),
    }


def _repository(row: dict[str, Any]) -> dict[str, Any]:
    made = (row["relation"] or "unlabelled") if row["bases"] else ""
    more = f" and {row['bases'] - 1} more" if (row["bases"] or 0) > 1 else ""
    return {
        **_link(row["id"]),
        "key": f"relation-{made if made in palette.RELATIONS else 'unlabelled'}" if made else "",
        "letter": palette.look(made).letter if made else "",
        "made": f"{palette.look(made).one} of {row['base']}{more}" if made else "no known base",
        "format": row["format"] or "–",
        "licence": ", ".join(row["licences"] or ()) or "–",
        "downloads": wording.exact(row["downloads"]),
        "created": f"{row['created_at']:%Y-%m-%d}" if row["created_at"] else "–",
    }


def _rest(rows: list[dict[str, Any]], one: str) -> list[dict[str, str]]:
    if not rows:
        return []
    return [
        {
            "count": wording.count(len(rows), f"more {one}"),
            "downloads": wording.exact(sum(r["downloads"] for r in rows)),
        }
    ]


def _listed(found: "Hosting") -> str:
    many = found.repositories.num_rows
    if many <= LISTED:
        return f"All {wording.count(many, 'model')}." if many > 1 else "Its one model."
    rest = sum(found.repositories["downloads"].to_pylist()[LISTED:])
    text = (
        f"The {LISTED} of most downloads; the other {many - LISTED:,} have {wording.count(rest, 'download')} together."
    )
    return text + (f" The search and the TSV file know the first {SEARCHED:,}." if many > SEARCHED else "")


def _kept(found: "Hosting") -> dict[str, Any]:
    """What can be searched and kept: the repositories of most downloads."""
    head = ["model", "relation", "base", "bases", "format", "licences", "downloads", "created"]
    rows = [
        [
            row["id"], row["relation"], row["base"], row["bases"], row["format"],
            ", ".join(row["licences"] or ()) or None, row["downloads"],
            f"{row['created_at']:%Y-%m-%d}" if row["created_at"] else None,
        ]
        for row in found.repositories.slice(0, SEARCHED).to_pylist()
    ]  # fmt: skip
    looks = {key: [look.letter, look.one] for key, look in palette.RELATIONS.items() if key}
    return {"version": 1, "file": "publisher", "head": head, "rows": rows, "looks": looks, "listed": LISTED}
