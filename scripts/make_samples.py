"""Make the two samples in `lineage/data/samples` from the public tables that they are facts of.

    python scripts/make_samples.py hf_models.csv.gz LISTINGS_FOLDER

The first argument is the table of most-downloaded models (2024-09-20), the second the folder of
dated GGUF listings (`raw_models_data.<date>.json.gz`, August 2025). Only facts are carried over:
ids, counts, dates, tags and file names; no text of any card.
"""

import ast
import csv
import gzip
import json
import sys
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

TARGET = Path(__file__).resolve().parent.parent / "lineage" / "data" / "samples"
TIME = pa.timestamp("us", tz="UTC")


def write(table: pa.Table, name: str) -> None:
    """Sorted by id, one chunk, checksums: the same input gives the same bytes."""
    TARGET.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        table.sort_by("id").combine_chunks(), TARGET / name, compression="zstd", compression_level=19,
        write_page_checksum=True,
    )  # fmt: skip
    print(f"{name}: {table.num_rows} models, {(TARGET / name).stat().st_size} bytes")


def most_downloaded(path: Path) -> pa.Table:
    """The table of 2024-09-20. Account and name are in the id; the commit and the two flags that are
    the same or unused throughout are left out."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return pa.table(
        {
            "id": [r["modelId"] for r in rows],
            "downloads": pa.array([int(r["downloads"]) for r in rows], pa.int64()),
            "last_modified": pa.array([datetime.fromisoformat(r["lastModified"]) for r in rows], TIME),
            "pipeline_tag": [r["pipeline_tag"] or None for r in rows],
            "tags": pa.array([ast.literal_eval(r["tags"]) for r in rows], pa.list_(pa.string())),
        }
    )


def gguf_listings(folder: Path) -> pa.Table:
    """The union of the dated listings: of each model the row of the last listing that has it."""
    last: dict[str, dict] = {}
    for path in sorted(folder.glob("raw_models_data.*.json.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for row in json.load(file):
                last[row["id"]] = row
    rows = list(last.values())
    siblings = [json.dumps([{"rfilename": s["rfilename"]} for s in r["siblings"]], separators=(",", ":")) for r in rows]
    return pa.table(
        {
            "id": [r["id"] for r in rows],
            "downloads": pa.array([r["downloads"] for r in rows], pa.int64()),
            "likes": pa.array([r["likes"] for r in rows], pa.int64()),
            "created_at": pa.array([datetime.fromisoformat(r["created_at"]) for r in rows], TIME),
            "tags": pa.array([r["tags"] for r in rows], pa.list_(pa.string())),
            "siblings": siblings,
        }
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(most_downloaded(Path(sys.argv[1])), "sample.parquet")
    write(gguf_listings(Path(sys.argv[2])), "sample-gguf.parquet")
