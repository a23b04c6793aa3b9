"""Claims become edges: which id a text means, what is rejected and why, which label holds."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from lineage.ids import named

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@cache
def sql(name: str) -> str:
    """The text of a `.sql` file beside this module."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")


def normalise_texts(texts: list[str]) -> pa.Table:
    """The distinct texts in `base_model` with what they name, one row for each id or reason.

    Returns text, place (int32, from 0), id (null where rejected), reason (null where it names an id).
    """
    read = [(text, place, *found) for text in texts for place, found in enumerate(named(text))]
    return pa.table(
        {
            "text": pa.array([r[0] for r in read], pa.string()),
            "place": pa.array([r[1] for r in read], pa.int32()),
            "id": pa.array([r[2] for r in read], pa.string()),
            "reason": pa.array([r[3] for r in read], pa.string()),
        }
    )


def resolve_claims(
    con: "DuckDBPyConnection", legacy_ids: Mapping[str, str], rules_on: Iterable[str] = ()
) -> dict[str, int]:
    """Make `numbered`, `judged_claim`, `edge` and `stated_edge` from `model`, `renamed` and `claim`.

    `legacy_ids`: ownerless id in small letters → the id it has today. `rules_on`: the rules on prose
    and names that count.
    `numbered`: number (int32, A–Z over all ids), id, nr (the row in `model`, null where it can only be a stub).
    `edge`: child, base (numbers), relation (null: unlabelled), labelled_by (card, hub, tag, config), evidence (the
    most trusted), conflict (sources give it different labels), position (place in the card's list, or
    1,000,000 + place in the Hub's; null where neither gives an order). `stated_edge`: child, base,
    label, rule, of bases that only prose names.
    Returns counts: `claims`, `rejected_claims`, `self_loops` (models that name themselves), `unknown_labels`
    (claims whose relation is none of the four).
    """
    texts = [
        t
        for (t,) in con.execute("SELECT DISTINCT base_as_written FROM claim WHERE NOT wrong_type ORDER BY 1").fetchall()
    ]
    legacy = pa.table(
        {"key": pa.array(list(legacy_ids), pa.string()), "id": pa.array(list(legacy_ids.values()), pa.string())}
    )
    con.execute("SET VARIABLE rules_on = ?::VARCHAR[]", [sorted(rules_on)])
    con.register("written", normalise_texts(texts))
    con.register("legacy", legacy)
    con.execute(sql("match"))
    con.execute(sql("edges"))
    con.unregister("written")
    con.unregister("legacy")
    row = con.execute(sql("claim_counts")).fetchall()[0]
    return dict(zip(("claims", "rejected_claims", "self_loops", "unknown_labels"), row, strict=True))
