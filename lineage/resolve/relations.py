"""Labels that a repository's own metadata deny are corrected, under the bases `stated` and `inferred`."""

from typing import TYPE_CHECKING

from lineage.resolve.bases import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def correct_relations(con: "DuckDBPyConnection") -> None:
    """Make `related` from `edge`, `stated_edge` and `weights`.

    `related`: child, base, relation (the declared label; null where prose alone names the base),
    relation_stated, corrected, evidence, rule, basis (`declared`, `stated`), conflict, position.
    """
    con.execute(sql("relations"))
