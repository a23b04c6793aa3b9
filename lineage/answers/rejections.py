"""What came in and was not believed: rows, claims and cards with a reason; labels that contradict each other."""

import pyarrow as pa
import pyarrow.compute as pc

from lineage.snapshot import Snapshot

REJECTED = pa.schema(
    [
        ("what", pa.string()),
        ("id", pa.string()),
        ("reason", pa.string()),
        ("evidence", pa.string()),
        ("written", pa.string()),
    ]
)


def rejected(snapshot: Snapshot) -> pa.Table:
    """Every rejected row, claim and card.

    Columns: what (`row`, `claim`, `card`), id (the model; null where a row has none), reason, evidence
    (of a claim), written (the row as JSON, or the text of the claim; null for cards). Sorted by what in
    that order, reason, id.
    """
    rows = snapshot.table("rejected")
    claims = snapshot.table("claims")
    claims = claims.filter(pc.equal(claims.column("outcome"), "rejected"))
    cards = snapshot.table("models", ["id", "card_problem"])
    cards = cards.filter(cards.column("card_problem").is_valid())

    def part(what: str, table: pa.Table, **columns: str) -> pa.Table:
        known = {n: table.column(c) for n, c in columns.items()} | {
            "what": pa.array([what] * table.num_rows, pa.string())
        }
        nothing = pa.nulls(table.num_rows, pa.string())
        made = pa.table({name: known.get(name, nothing) for name in REJECTED.names})
        return made.sort_by([(name, "ascending") for name in ("reason", "id", "written")])

    return pa.concat_tables(
        [
            part("row", rows, id="id", reason="reason", written="row"),
            part("claim", claims, id="child", reason="reason", evidence="evidence", written="base_as_written"),
            part("card", cards, id="id", reason="card_problem"),
        ]
    )


def conflicts(snapshot: Snapshot) -> pa.Table:
    """The declared edges whose sources give different labels.

    Columns: child, base, relation (the label that holds), then the labels as each source writes them:
    card, hub, tag, tag_author (several joined by a comma, A–Z; null: none), downloads (of the child).
    """
    edges = snapshot.table("edges", ["child", "base", "relation", "conflict", "child_row"])
    edges = edges.filter(edges.column("conflict"))
    claims = snapshot.table("claims", ["child", "base", "evidence", "relation_as_written", "outcome"])
    mine = claims.filter(
        pc.and_(
            pc.is_in(claims.column("child"), value_set=edges.column("child").combine_chunks()),
            pc.is_in(claims.column("outcome"), value_set=pa.array(["edge", "alias"])),
        )
    )
    said: dict[tuple[str, str, str], set[str]] = {}
    for claim in mine.to_pylist():
        if claim["relation_as_written"] is not None:
            said.setdefault((claim["child"], claim["base"], claim["evidence"]), set()).add(claim["relation_as_written"])

    def labels(evidence: str) -> pa.Array:
        pairs = zip(edges.column("child").to_pylist(), edges.column("base").to_pylist(), strict=True)
        return pa.array([", ".join(sorted(said.get((c, b, evidence), ()))) or None for c, b in pairs], pa.string())

    downloads = snapshot.table("models", ["downloads"]).column("downloads").take(edges.column("child_row"))
    return pa.table(
        {
            "child": edges.column("child"),
            "base": edges.column("base"),
            "relation": edges.column("relation"),
            "card": labels("card"),
            "hub": labels("hub"),
            "tag": labels("tag"),
            "tag_author": labels("tag-author"),
            "downloads": downloads,
        }
    )
