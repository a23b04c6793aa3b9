"""Models and stubs, numbered A–Z, with what their tags and cards say, and their accounts."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lineage.resolve.bases import sql

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection


def number_nodes(con: "DuckDBPyConnection", libraries: Iterable[str], known_accounts: "pa.Table") -> None:
    """Make `node`, `link` and `publisher` from `rows`, `all_edge`, `weights`, `parameters` and `disclosure`.

    `libraries`: tags, in small letters, that name a library. `known_accounts`: key (account in small
    letters), owner_group, type (text), countries (list of text).
    `node`: number (row of the table `models`, from 0), then the input's and the edges' columns of
    `models`. `link`: the columns of `edges`. `publisher`: the columns of `publishers`.
    """
    con.execute("SET VARIABLE libraries = ?", [sorted(libraries)])
    con.register("known_account", known_accounts)
    con.execute(sql("nodes"))
    con.unregister("known_account")
