"""Questions about a snapshot as a whole, and statements of one's own."""

from collections.abc import Callable

import pyarrow as pa

from lineage.catalog import Catalog
from lineage.questions import Note, silent
from lineage.snapshot import Snapshot


def info(snapshot: Snapshot, catalog: Catalog) -> pa.Table:
    """What the snapshot holds, one row."""
    from lineage.answers.info import info as answer

    return answer(snapshot)


def rejected(snapshot: Snapshot, catalog: Catalog) -> pa.Table:
    """Rows, claims and cards that were rejected, each with its reason."""
    from lineage.answers.rejections import rejected as answer

    return answer(snapshot)


def conflicts(snapshot: Snapshot, catalog: Catalog) -> pa.Table:
    """Declared edges whose sources give different labels."""
    from lineage.answers.rejections import conflicts as answer

    return answer(snapshot)


def changes(snapshot: Snapshot, catalog: Catalog, against: str | None = None, *, note: Note = silent) -> pa.Table:
    """Models that are new, gone, renamed or moved since another snapshot, by default the newest earlier one."""
    from lineage.answers import changes as answer

    before = catalog.open(against) if against else answer.earlier(catalog, snapshot)
    for remark in answer.remarks(snapshot, before):
        note(remark)
    return answer.changes(snapshot, before)


def check_rules(snapshot: Snapshot, catalog: Catalog) -> pa.Table:
    """Precision and recall of the rules on prose and names."""
    from lineage.answers.rules import check_rules as answer

    return answer(snapshot)


def query(
    snapshot: Snapshot,
    catalog: Catalog,
    text: str,
    params: dict[str, str] | None = None,
    *,
    on: str | None = None,
    timeout: float | None = None,
    limit: int | None = None,
    insecure: bool = False,
    explain: bool = False,
    say: Callable[[str], None] = silent,
) -> pa.Table:
    """A named query or a Cypher statement, read only, on the embedded graph or on Neo4j; `explain`: its plan.

    At most `limit` rows (None: `cypher.ROWS`, `cypher.EVERY`: all); `say` is told where there are more.
    """
    from lineage import cypher
    from lineage.stores import ask

    rows = cypher.ROWS if limit is None else limit
    table = ask.run(
        snapshot, catalog.root, text, params or {}, on=on, timeout=timeout, limit=rows + 1, insecure=insecure,
        explain=explain, say=say,
    )  # fmt: skip
    if table.num_rows > rows and not explain:
        from lineage.printing import LeftOut

        say(LeftOut(f"cut after {rows:,} rows, and there are more: --all shows all, --limit N some"))
        table = table.slice(0, rows)
    return table


def schema(
    snapshot: Snapshot, catalog: Catalog, *, on: str | None = None, timeout: float | None = None, insecure: bool = False
) -> pa.Table:
    """What the graph holds, label by label and property by property: the embedded one, or on Neo4j."""
    from lineage.stores import described

    if on is None:
        return described.describe(snapshot)
    return described.describe_server(on, timeout=timeout, insecure=insecure, local_home=catalog.root / "neo4j")
