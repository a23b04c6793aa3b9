"""What has to be named so that somebody else gets the same figure: program, snapshot, source, and what they knew."""

import pyarrow as pa

from lineage.schema import BASES
from lineage.snapshot import Snapshot

CITATION = pa.schema([("field", pa.string()), ("value", pa.string())])

#: Where the words of a figure (rule, frame, window, basis) are defined, in the version that is named.
DEFINITIONS = "docs/definitions.md"

#: What of the versions in a manifest is code and not a table of `lineage/data`.
_CODE = ("lineage", "code")


def citation(snapshot: Snapshot) -> pa.Table:
    """Rows field and value, both text, in a fixed order; null where the source does not say.

    program, version and code (the first digits of the sha256 of the code that built it); snapshot, taken_at,
    taken_at_inferred (yes or no), models, edges; source (its base name), licence, source_sha256, manifest_sha256 (it
    holds the sha256 of every table); bases; definitions; then one row a table of what the program knew, `knew:FILE`,
    with the first digits of its sha256.
    """
    manifest = snapshot.manifest
    source, versions = manifest["source"], manifest["versions"]
    rows = {
        "program": "model-lineage",
        "version": versions["lineage"],
        "code": versions.get("code"),
        "snapshot": snapshot.name,
        "taken_at": snapshot.taken_at,
        "taken_at_inferred": "yes" if manifest.get("taken_at_inferred") else "no",
        "models": str(snapshot.counts["models"]),
        "edges": str(snapshot.counts["edges"]),
        "source": source["name"],
        "licence": source.get("licence"),
        "source_sha256": source.get("sha256"),
        "manifest_sha256": snapshot.sha256,
        "bases": " ".join(manifest.get("basis", BASES)),
        "definitions": DEFINITIONS,
        **{f"knew:{name}": digest for name, digest in sorted(versions.items()) if name not in _CODE},
    }
    return pa.table([list(rows), list(rows.values())], schema=CITATION)
