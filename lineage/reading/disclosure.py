"""`rows` become `disclosure`: whether a model says which data sets it was trained on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lineage.reading.rows import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def read_disclosure(con: "DuckDBPyConnection", languages: Sequence[str]) -> None:
    """Make the table `disclosure` from `rows`, one row a model.

    `languages`: the tags, in small letters, that name a language. `disclosure`: id; disclosed (`yes`: a tag
    `dataset:…` or `datasets` in the card; `no`: its metadata were seen and name no data set; `unknown`:
    none were seen). Not inherited from bases.
    """
    con.execute("SET VARIABLE languages = ?::VARCHAR[]", [list(languages)])
    con.execute(sql("disclosure"))
