"""Whether a build would make again what is there already: then it is left, and made the current snapshot."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from lineage import __version__, reference
from lineage.catalog import Catalog
from lineage.errors import LineageError
from lineage.snapshot import Snapshot, damaged

#: What turns an input into tables: code and statements of these folders, and these files.
_FOLDERS = ("reading", "resolve", "metrics", "sources")
_FILES = ("aside.py", "assembly.py", "pipeline.py", "schema.py", "ids.py", "parquet.py")


@cache
def versions() -> dict[str, str]:
    """The versions of the program, of its own code, and of all that it knows, for the manifest."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    inside = [path for name in _FOLDERS for path in sorted((here / name).glob("*.*"))]
    for path in (*inside, *(here / name for name in _FILES)):
        if path.suffix in (".py", ".sql"):
            digest.update(path.read_bytes())
    return {"lineage": __version__, "code": digest.hexdigest()[:12], **reference.versions()}


def standing(
    catalog: Catalog, name: str, input_sha256: str | None, taken_at: str | None, options: Any
) -> Snapshot | None:
    """The snapshot `name`, where it is whole and was made by this code of this input with these options.

    `input_sha256`: as in the manifest, None where it is not known. `taken_at`: as asked for, None where it is not.
    """
    if input_sha256 is None or name not in catalog.read()["snapshots"]:
        return None
    try:
        found = catalog.open(name)
    except LineageError:
        return None
    manifest = found.manifest
    dated = manifest["taken_at_inferred"] == (taken_at is None) and taken_at in (None, manifest["taken_at"])
    same = manifest["source"].get("input") == input_sha256 and manifest["options"] == options and dated
    same = same and manifest["versions"] == versions() and not damaged(found.folder)
    return found if same else None
