"""Flows: whose models downloads stand on, who serves them, and as what; a picture and the numbers under it."""

from typing import Any

import pyarrow as pa

from lineage.answers.cuts import NONE
from lineage.answers.flows import KINDS
from lineage.errors import LineageError
from lineage.questions import silent
from lineage.reporting.asking import Asking, bars
from lineage.views import wording
from lineage.views.flows_drawn import Drawn, drawn
from lineage.views.reports.document import Chart, Column, Part, Prose, Section, Table, lacks

#: Rows of the command that are listed.
LISTED = 20

WORDS = {
    "own": "the same account",
    "owner": "another account of its owner",
    "intermediary": "listed intermediary",
    "other": "everyone else",
}

_HEADS = ("Made from models of", "Served by", "Made how")


def section(asking: Asking) -> Section:
    """The picture, a table of base publishers by who serves what is made of their models, and the largest rows."""
    asking.say("flows")
    options = asking.choices.framed | asking.choices.only("owner", "list")
    parts: list[Part] = [
        Prose(
            (
                "Downloads of models that name a base: whose model it is, who serves what was made of it, and how it "
                "was made. A "
                "model with several bases is divided over them in whole numbers, so nothing is counted twice.",
            ),
            "lead",
        )
    ]
    command = asking.command("flows", **options, all=True)
    try:
        table: pa.Table = asking.table("flows", note=silent, **options)
    except LineageError as error:
        return Section("flows", "Flows", (*parts, lacks(f"The flows are not there. {error}")))
    found = drawn(table)
    if not found.made:
        return Section("flows", "Flows", (*parts, lacks("No model of the frame that names a base has a download.")))
    parts.append(Prose((_quoted(found),)))
    parts.append(_chart(found))
    parts.append(_kinds(found, command))
    asking.asked.append(command)
    made = f"key!={NONE}"
    rows = asking.of(table, asking.command("flows", **options, where=made, limit=LISTED), made, LISTED)
    columns = (
        Column("base_publisher", "Made from models of", "account"),
        Column("server", "Served by", "account"),
        Column("kind_words", "Who is"),
        Column("key", "Made how", "name"),
        Column("downloads", "Downloads", "count"),
        Column("share", "Share of all", "share"),
        Column("models", "Models", "count"),
    )
    said = [{**row, "kind_words": WORDS[row["server_kind"]]} for row in rows.rows]
    parts.append(
        rows.table(
            "table-flow-rows", "The largest flows", columns, rows=said, mark=bars,
            note=f"Shares are of all {wording.count(found.whole, 'download')}.",
        )
    )  # fmt: skip
    return Section("flows", "Flows", tuple(parts))


def _quoted(found: Drawn) -> str:
    served = found.total(kind="intermediary")
    return (
        f"Of {found.whole:,} downloads, {found.made:,} ({wording.share(found.made, found.whole)}) are of models that "
        "name a base; "
        f"listed intermediaries serve {served:,} of these ({wording.share(served, found.made)}). The other "
        f"{found.alone:,} are of "
        "models that name none; the picture leaves them out, the line (none) of the table has them."
    )


def _chart(found: Drawn) -> Chart:
    """The parts, under the names that they are drawn by."""

    def name(names: Any, place: int, what: str) -> str:
        return names.shown[place] if place < len(names.shown) else f"{wording.count(names.rest, f'other {what}')}"

    rows: list[dict[str, Any]] = []
    for part in found.parts:
        server = WORDS[part.kind]
        if part.kind == "intermediary":
            server = name(found.intermediaries, part.server, "intermediary")
            server = server.replace("intermediarys", "intermediaries")
        rows.append(
            {
                "base": name(found.publishers, part.publisher, "publisher"),
                "server": server,
                "key": name(found.keys, part.key, "way").replace("other ways", "others"),
                "downloads": part.downloads,
                "kind": part.kind,
                "order": (part.publisher, KINDS.index(part.kind), part.server, part.key),
            }
        )
    rows.sort(key=lambda row: row["order"])
    return Chart(
        "figure-flows", "flows", "Whose models, served by whom, made how",
        f"{wording.count(found.made, 'download')} of models that name a base. By name: {len(found.publishers.shown)} "
        "of "
        f"{wording.count(found.publishers.all, 'publisher')} and {len(found.intermediaries.shown)} of "
        f"{found.intermediaries.all:,} intermediaries; the rest is summed as others, nothing dropped. Shares are of "
        "these downloads.",
        tuple({key: value for key, value in row.items() if key != "order"} for row in rows),
        ("base", "server", "key", "downloads", "kind"), _HEADS, whole=found.made,
    )  # fmt: skip


def _kinds(found: Drawn, command: str) -> Table:
    lines: list[dict[str, Any]] = []
    for place in range(len(found.publishers.shown) + 1):
        line: dict[str, Any] = {kind: found.total(publisher=place, kind=kind) for kind in KINDS}
        if place == len(found.publishers.shown):
            if not found.publishers.rest:
                continue
            line = {"publisher": "(others)", **line}
        else:
            line = {"publisher": found.publishers.shown[place], **line}
        lines.append({**line, "downloads": found.total(publisher=place)})
    total: dict[str, Any] = {kind: found.total(kind=kind) for kind in KINDS}
    lines.append({"publisher": "(none)", **dict.fromkeys(KINDS), "downloads": found.alone})
    lines.append({"publisher": "(total)", **total, "downloads": found.whole})
    columns = (
        Column("publisher", "Made from models of", "account"),
        Column("downloads", "Downloads", "count"),
        *(Column(kind, head, "count") for kind, head in zip(KINDS, ("Same account", "Its owner",
        "Listed intermediaries", "Everyone else"), strict=True)),
    )  # fmt: skip
    return Table(
        "table-flows", "Downloads of what is made from the models of a publisher, by who serves "
        "it", columns, tuple(lines),
        (command,), note="The rows of the command, added up by base_publisher and server_kind.",
    )  # fmt: skip
