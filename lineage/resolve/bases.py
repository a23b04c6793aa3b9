"""Claims become edges: which id a text means, what is rejected and why, which label holds."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from lineage.ids import normalise

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@cache
def sql(name: str) -> str:
    """The text of a `.sql` file beside this module."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")


def normalise_texts(texts: list[str]) -> pa.Table:
    """The distinct texts in `base_model` with what they name.

    Returns text, id (null where rejected), reason (null where it names an id); all strings.
    """
    read = [normalise(text) for text in texts]
    return pa.table(
        {
            "text": pa.array(texts, pa.string()),
            "id": pa.array([i for i, _ in read], pa.string()),
            "reason": pa.array([r for _, r in read], pa.string()),
        }
    )


def resolve_claims(con: "DuckDBPyConnection", legacy_ids: Mapping[str, str]) -> dict[str, int]:
    """Make `claims` (as in a snapshot) and `edge` from `rows` and `claim`.

    `legacy_ids`: ownerless id in small letters → the id it has today.
    `edge`: child, base, relation (null: unlabelled), evidence (the most trusted), conflict (sources
    give it different labels), position (place in the card's list, or 1,000,000 + place in the Hub's; null
    where neither gives an order), place (0 = the first base).
    Returns counts: `rejected_claims`, `self_loops` (models that name themselves), `unknown_labels`
    (claims whose relation is none of the four).
    """
    texts = [
        t
        for (t,) in con.execute("SELECT DISTINCT base_as_written FROM claim WHERE NOT wrong_type ORDER BY 1").fetchall()
    ]
    written = normalise_texts(texts)
    legacy = pa.table(
        {"key": pa.array(list(legacy_ids), pa.string()), "id": pa.array(list(legacy_ids.values()), pa.string())}
    )
    con.register("written", written)
    con.register("legacy", legacy)
    con.execute(sql("match"))
    con.execute(sql("edges"))
    con.unregister("written")
    con.unregister("legacy")
    row = con.execute(sql("claim_counts")).fetchall()[0]
    return dict(zip(("rejected_claims", "self_loops", "unknown_labels"), row, strict=True))
