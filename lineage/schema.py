"""The vocabulary: every fixed word, and every column of every table with its type.

One direction everywhere: an edge goes from the derived model to its base,
`(:Model)-[:DERIVED_FROM {relation}]->(:Model)`, as the card's `base_model` field does.
One spelling everywhere: a Parquet column, a Cypher property and a returned column have the
same snake_case name, so that nothing has to be translated on the way.
"""

import pyarrow as pa

#: Version of the layout below. A snapshot with another number is refused with a sentence.
FORMAT = 5

#: The four relations of the Hub, and `copy`, which is only ever inferred.
RELATIONS = ("finetune", "adapter", "quantized", "merge", "copy")

#: The four that a card, a tag or the Hub can state.
STATED_RELATIONS = RELATIONS[:4]

#: What a model's own relation can be: that of its edges, `mixed` where they differ, `unlabelled`
#: where no edge has a label. The order is that of the columns in `models` and of the codes in arrays.
MODEL_RELATIONS = (*RELATIONS, "mixed", "unlabelled")

#: Kinds of evidence for a claim, most trusted first.
EVIDENCE = ("hub", "tag", "card", "config", "tag-author", "text", "name")

#: How much is believed, least first. Each contains the one before.
BASES = ("declared", "stated", "inferred")

#: Download windows and the column that each stands on.
WINDOWS = {"30d": "downloads", "all_time": "downloads_all_time", "under_1y": "downloads_all_time"}

#: Rules of intermediaries, see `answers/intermediaries.py`.
RULES = ("R1", "R2", "R3", "R4", "R5", "R6")

#: What becomes of a claim.
OUTCOMES = ("edge", "alias", "dropped", "rejected")

#: What a model says of its training data, see `reading/disclosure.py`.
DISCLOSED = ("yes", "no", "unknown")

_timestamp = pa.timestamp("us", tz="UTC")
_strings = pa.list_(pa.string())

#: Columns of `models` that stand for a column of the input: where the input lacks it they are null
#: throughout, and the manifest says so (`columns`).
INPUT_COLUMNS = (
    "hub_id",
    "downloads",
    "downloads_all_time",
    "likes",
    "created_at",
    "last_modified",
    "pipeline_tag",
    "library_name",
    "tags",
    "card",
    "base_models",
    "config",
    "siblings",
    "safetensors",
    "gguf",
    "readme",
    "listed",
)


def _rollup_columns() -> list[tuple[str, pa.DataType]]:
    """Roll-ups over the 30-day window, frame `all`, basis `declared`."""
    columns: list[tuple[str, pa.DataType]] = [
        ("own", pa.int64()),
        ("full", pa.int64()),
        ("split", pa.int64()),
        ("primary", pa.int64()),
        ("children", pa.int32()),
        ("descendants", pa.int32()),
    ]
    for relation in MODEL_RELATIONS:
        columns.append((f"downloads_{relation}", pa.int64()))
        columns.append((f"count_{relation}", pa.int32()))
    return columns


#: The roll-up columns, in the order in which `lineage rollup` prints them.
ROLLUP_COLUMNS = tuple(name for name, _ in _rollup_columns())

#: The tables of a snapshot. `docs/tables.md` describes each column; a test holds the two together.
TABLES: dict[str, pa.Schema] = {
    "models": pa.schema(
        [
            ("id", pa.string()),
            ("publisher", pa.string()),
            ("publisher_row", pa.int32()),
            ("stub", pa.bool_()),
            ("basis", pa.string()),
            ("hub_id", pa.string()),
            ("seen_at", _timestamp),
            ("created_at", _timestamp),
            ("last_modified", _timestamp),
            ("downloads", pa.int64()),
            ("downloads_all_time", pa.int64()),
            ("likes", pa.int64()),
            ("pipeline_tag", pa.string()),
            ("library", pa.string()),
            ("licences", _strings),
            ("gguf", pa.bool_()),
            ("produced_by", pa.string()),
            ("format", pa.string()),
            ("format_evidence", pa.string()),
            ("bits", pa.float64()),
            ("parameters", pa.int64()),
            ("parameters_evidence", pa.string()),
            ("disclosed", pa.string()),
            ("card_problem", pa.string()),
            ("card_oddities", _strings),
            ("relation", pa.string()),
            ("base", pa.string()),
            ("bases", pa.int32()),
            ("generation", pa.int32()),
            ("cycle", pa.string()),
            *_rollup_columns(),
            ("harmonic", pa.float64()),
            ("pagerank", pa.float64()),
        ]
    ),
    "tags": pa.schema([("id", pa.string()), ("tag", pa.string())]),
    "edges": pa.schema(
        [
            ("child", pa.string()),
            ("base", pa.string()),
            ("relation", pa.string()),
            ("relation_stated", pa.string()),
            ("relation_inferred", pa.string()),
            ("corrected", pa.bool_()),
            ("evidence", pa.string()),
            ("rule", pa.string()),
            ("basis", pa.string()),
            ("replaced", pa.bool_()),
            ("position", pa.int32()),
            ("place", pa.int32()),
            ("conflict", pa.bool_()),
            ("older_than_base", pa.bool_()),
            ("child_row", pa.int32()),
            ("base_row", pa.int32()),
        ]
    ),
    "claims": pa.schema(
        [
            ("child", pa.string()),
            ("base_as_written", pa.string()),
            ("relation_as_written", pa.string()),
            ("evidence", pa.string()),
            ("rule", pa.string()),
            ("position", pa.int32()),
            ("base", pa.string()),
            ("outcome", pa.string()),
            ("reason", pa.string()),
        ]
    ),
    "ancestry": pa.schema(
        [
            ("model", pa.string()),
            ("ancestor", pa.string()),
            ("distance", pa.int32()),
            ("model_row", pa.int32()),
            ("ancestor_row", pa.int32()),
        ]
    ),
    "publishers": pa.schema(
        [
            ("publisher", pa.string()),
            ("owner", pa.string()),
            ("owner_group", pa.string()),
            ("type", pa.string()),
            ("countries", _strings),
            ("models", pa.int32()),
            ("stubs", pa.int32()),
            ("downloads", pa.int64()),
            ("touched", pa.bool_()),
            ("in_degree", pa.int32()),
            ("flow_in", pa.int64()),
            ("flow_out", pa.int64()),
            ("pagerank", pa.float64()),
        ]
    ),
    "rejected": pa.schema([("id", pa.string()), ("reason", pa.string()), ("row", pa.string())]),
}


def conform(table: pa.Table, name: str) -> pa.Table:
    """`table` with exactly the columns and types of the table `name`, in one chunk each.

    One chunk, because the bytes that Parquet writes depend on the chunk layout.
    Raises KeyError for a missing column and pyarrow.ArrowInvalid for a value that does not fit.
    """
    schema = TABLES[name]
    return table.select(schema.names).cast(schema).combine_chunks()
