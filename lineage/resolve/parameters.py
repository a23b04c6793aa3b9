"""Quantizations and copies take over the number of parameters of their base."""

from typing import TYPE_CHECKING

from lineage.reading.parameters import inherit
from lineage.resolve.bases import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def inherit_parameters(con: "DuckDBPyConnection") -> None:
    """Let the quantizations and copies in `model` inherit by the edges in `edge`; see `reading/parameters.py`."""
    con.execute(sql("parameters"))
    inherit(con, "declared_edge")
    con.execute(
        "UPDATE model SET parameters = p.parameters, parameters_evidence = p.parameters_evidence "
        "FROM parameters AS p JOIN numbered AS n ON n.id = p.id WHERE model.nr = n.nr"
    )
