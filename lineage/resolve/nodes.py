"""Models and stubs, a row each, A–Z, and their accounts."""

from typing import TYPE_CHECKING

from lineage.resolve.bases import sql

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection


def number_nodes(con: "DuckDBPyConnection", known_accounts: "pa.Table") -> None:
    """Make `node`, `link` and `publisher` from `model`, `all_edge` and `numbered`.

    `known_accounts`: key (account in small letters), owner_group, type (text), countries (list of text).
    `node`: row (of the table `models`, from 0), number, id, nr (the row in `model`, null for a stub), publisher,
    publisher_row, stub, basis, relation, base_row, bases. `link`: the columns of `edges` but for the ids. `publisher`:
    the columns of `publishers`.
    """
    con.register("known_account", known_accounts)
    con.execute(sql("nodes"))
    con.unregister("known_account")
