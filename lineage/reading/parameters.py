"""`rows` become `parameters`: how many a model has, and where that is said."""

from typing import TYPE_CHECKING

from lineage.reading.rows import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def read_parameters(con: "DuckDBPyConnection") -> None:
    """Make the table `parameters` from `rows`, one row a model.

    `parameters`: id; parameters (int64, from 1 to 10^15, null where nothing says); parameters_evidence
    (`safetensors`, `gguf`, `name`, the first of them that says one, or null).
    """
    con.execute(sql("parameters"))


def inherit(con: "DuckDBPyConnection", edges: str = "edge") -> None:
    """Give quantizations and copies in `parameters` the count of their base, evidence `base`.

    Reads the table `edges`: child, base, relation, position (int, null where the bases have no order). A model inherits
    where all its edges are `quantized` or `copy`, from the first of its bases, up the whole chain: the count
    known nearest to the root. Where none up there is known it keeps its own, but then a total of packed
    safetensors gives way to the name, or to null. In a cycle and below it nobody inherits. To be called once,
    after `read_parameters`.
    """
    con.execute(f"CREATE OR REPLACE TABLE step AS FROM first_step('{edges}')")
    heirs = con.execute("SELECT count(*) FROM step").fetchall()[0][0]
    # Each round doubles the reach, so a chain of all heirs is climbed in the logarithm of their number.
    for _ in range(heirs.bit_length()):
        if not con.execute("SELECT count(*) FROM step WHERE up IN (SELECT id FROM step)").fetchall()[0][0]:
            break
        con.execute("CREATE OR REPLACE TABLE step AS FROM next_step('step')")
    con.execute("CREATE OR REPLACE TABLE parameters AS FROM inherited('step')")
    con.execute("DROP TABLE step")
