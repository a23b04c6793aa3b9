"""What the names of repositories suggest: hypotheses, believed under the basis `inferred` only."""

from typing import TYPE_CHECKING

from lineage.resolve.bases import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def infer_from_names(con: "DuckDBPyConnection") -> int:
    """Make `claims` (as in a snapshot, with numbers) and `all_edge` from `related`, `judged_claim` and `model`.

    What they are made from is gone afterwards. `all_edge`: the columns of `edges` but for row numbers and dates;
    each edge once, with the least basis under which it holds. Rules that are off, or whose model names a base itself,
    leave a claim that was dropped, so that `lineage check-rules` can measure them. Returns the number of name claims.
    """
    con.execute(sql("names"))
    return int(con.execute("SELECT count(*) FROM name_claim").fetchall()[0][0])
