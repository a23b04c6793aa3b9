"""Scripts that tests borrow from npm: pinned, checked, kept in the user's cache and never in the repository.

    source = script("axe-core", "axe.min.js")

Fetched once by npm's own client. Without npm, or without a network the first time, a skip says so; under CI=true a failure.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

import platformdirs

from tests.browser import missing

#: Package → version, and npm's own integrity of that version's archive (`npm view NAME@VERSION dist.integrity`).
PINNED = {
    "axe-core": (
        "4.14.1",
        "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
    ),
    "mermaid": (
        "12.3.0",
        "sha512-4113TdXeLAsMruJ79OpFL5O8+LTFXhQqZ260rF3tgUmiNAtRm4Uume04I+65PRN6yZ69J4f8rVYWW8zRk65UYw==",
    ),
}

#: Seconds for one archive.
CAP = 180


def folder() -> Path:
    """Where the archives lie, in the user's cache."""
    return platformdirs.user_cache_path("lineage-tests") / "npm"


def integrity(data: bytes) -> str:
    """As npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()


def archive(name: str) -> Path:
    """The pinned archive of a package, whole and checked; fetched where it is not there."""
    version, wanted = PINNED[name]
    place = folder() / f"{name}-{version}.tgz"
    if place.is_file() and integrity(place.read_bytes()) == wanted:
        return place
    npm = shutil.which("npm")
    if npm is None:
        missing(f"no npm on this machine, so {name} {version} cannot be fetched (apt-get install npm)")
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as work:
        done = subprocess.run(
            [str(npm), "pack", f"{name}@{version}", "--pack-destination", work, "--silent", "--ignore-scripts"],
            cwd=work, capture_output=True, text=True, timeout=CAP, check=False,
        )  # fmt: skip
        packed = list(Path(work).glob("*.tgz"))
        if done.returncode or not packed:
            missing(
                f"npm could not fetch {name} {version}: {(done.stderr.strip() or 'no word of why').splitlines()[-1]}"
            )
        found = integrity(packed[0].read_bytes())
        if found != wanted:
            raise AssertionError(f"{name} {version} is not the archive that was pinned: {found}, not {wanted}")
        os.replace(packed[0], place)
    return place


@cache
def script(name: str, path: str) -> str:
    """The text of one file of a package, by its path in it."""
    with tarfile.open(archive(name)) as packed:
        member = packed.extractfile(f"package/{path}")
        assert member is not None
        return member.read().decode("utf-8")
