"""`rows` become `weights`: the file format of a repository, its bits, and the suffix that a quantizer put on its name.

What a format is recognised by are facts of `lineage/data/formats.csv`, handed in; here is only how rules apply.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from lineage.reading.rows import sql
from lineage.reference import Format

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def read_weights(con: "DuckDBPyConnection", formats: Sequence[Format]) -> None:
    """Make the table `weights` from `rows`, one row a model.

    `weights`: id; format (text, null where no rule applies); format_evidence (text, the rule that decided:
    `tag:gguf`, `quant_method:awq`, `name:-GGUF`, `file:.gguf`); bits (double; null where nothing says
    them or several differ); quantized_format (bool: the rule, or a suffix or tag of bits, says quantized);
    gguf_suffix (bool: the name ends in a suffix of GGUF); suffix (text: all quantizer suffixes at the end of
    the name, as written, null if none); stem (text: the name before them; name = stem + suffix);
    metadata_quantized and metadata_onnx_finetune (bool: what the metadata says against a label).
    """
    con.register("format_rule", _table(formats))
    con.execute(sql("weights"))
    con.unregister("format_rule")
    for name in ("shown", "sign", "suffix_of", "applied", "judged_sign", "undecided", "file_of", "verdict"):
        con.execute(f"DROP TABLE {name}")


def _table(formats: Sequence[Format]) -> pa.Table:
    """The rules as a table; all but the patterns of suffixes in small letters, for case means nothing."""
    return pa.table(
        {
            "place": pa.array([f.place for f in formats], pa.int64()),
            "format": pa.array([f.format for f in formats], pa.string()),
            "where": pa.array([f.where for f in formats], pa.string()),
            "pattern": pa.array(
                [f.pattern if f.where == "suffix" else f.pattern.lower() for f in formats], pa.string()
            ),
            "unless": pa.array([[t.lower() for t in f.unless] for f in formats], pa.list_(pa.string())),
            "bits": pa.array([f.bits for f in formats], pa.string()),
            "quantized": pa.array([f.quantized for f in formats], pa.bool_()),
        }
    )
