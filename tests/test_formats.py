"""A snapshot of another format beside a good one: a sentence with its format, nothing lost, and the rest works."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lineage import pipeline
from lineage.catalog import Catalog
from lineage.errors import SnapshotError
from lineage.parquet import as_json
from lineage.schema import FORMAT
from tests.breaking import broke, copied, sentence
from tests.faults import bytes_of, source
from tests.warm import Warm

#: Format, what is said of it, and what to do.
OTHERS: list[tuple[Any, str, str]] = [
    (3, f"has format 3; this lineage reads {FORMAT}", "Build it again, with --force."),
    (4, f"has format 4; this lineage reads {FORMAT}", "Build it again, with --force."),
    (0, f"has format 0; this lineage reads {FORMAT}", "Build it again, with --force."),
    (FORMAT + 1, f"has format {FORMAT + 1}; this lineage reads {FORMAT}", "Update it: pip install -U model-lineage."),
    (10**30, f"has format {10**30}; this lineage reads {FORMAT}", "Update it: pip install -U model-lineage."),
    ("five", "manifest.json is damaged", "Build the snapshot again."),
    (FORMAT + 0.9, "manifest.json is damaged", "Build the snapshot again."),
    (True, "manifest.json is damaged", "Build the snapshot again."),
    ([FORMAT], "manifest.json is damaged", "Build the snapshot again."),
    (None, "manifest.json is damaged", "Build the snapshot again."),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formats")
    for name, seed in (("other", 1), ("good", 2)):
        source(folder / f"{name}.jsonl", 30, seed, cards=False)
        built(folder / "home", folder / f"{name}.jsonl", name)
    return folder / "home"


def built(root: Path, table: Path, name: str) -> str:
    """The sha256 of the snapshot that is made of a table; one of that name is replaced."""
    made = pipeline.build(str(table), name=name, taken_at="2024-09-20", force=True, catalog=Catalog(root))
    return made.snapshot.sha256


@pytest.fixture(scope="module")
def ask(home: Path) -> Iterator[Warm]:
    with Warm(home) as asking:
        yield asking


def as_if_written(root: Path, name: str, format: Any) -> None:
    """The snapshot as a program of that format would have left it: its folder is called by its manifest's digest."""
    catalog = Catalog(root)
    folder = catalog.folder / catalog.read()["snapshots"][name]
    manifest = json.loads((folder / "manifest.json").read_bytes()) | {"format": format}
    if format is None:
        del manifest["format"]
    if format in (3, 4):  # neither knew what later ones wrote
        del manifest["footers"]
        (folder / "publishers.parquet").unlink()
    data = as_json(manifest)
    (folder / "manifest.json").write_bytes(data)
    now = folder.rename(folder.with_name(f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"))
    known = catalog.read()
    catalog._replace({**known, "snapshots": known["snapshots"] | {name: now.name}})


@pytest.mark.parametrize(("format", "said", "next"), OTHERS, ids=[repr(o[0])[:12] for o in OTHERS])
def test_what_another_program_wrote_is_named_and_let_lie(
    home: Path, ask: Warm, tmp_path: Path, format: Any, said: str, next: str
) -> None:
    root = copied(home, tmp_path / "home")
    as_if_written(root, "other", format)
    before, at = bytes_of(root), {"LINEAGE_HOME": str(root)}
    if format not in (3, FORMAT + 1):  # nothing but the sentence is another
        with pytest.raises(SnapshotError, match=f"{re.escape(said)}.*{re.escape(next)}"):
            Catalog(root).open("other")
        assert Catalog(root).open("good").sha256 == Catalog(home).open("good").sha256
        assert bytes_of(root) == before
        return
    lines = ("info --snapshot other", "tree x --snapshot other", "diff good other", "query top_bases --snapshot other",
             "snapshots use other", f"export {tmp_path / 'out'} --as csv --snapshot other")  # fmt: skip
    for line in lines:
        done = ask(*line.split(), **at)
        assert sentence(done), (line, done)
        assert said in done.err and next in done.err
    # Beside it all is well: the good one is asked, both are listed, and the doctor says which is which.
    right = ask("info", "--format", "json")
    assert right.code == 0
    assert ask("info", "--format", "json", **at).out == right.out
    listed = ask("snapshots", "--format", "json", **at)
    problems = {row["name"]: row["problem"] or "" for row in json.loads(listed.out)["rows"]}
    assert listed.code == 0 and problems["good"] == "" and said in problems["other"]
    looked = ask("doctor", "--format", "json", **at)
    assert looked.code == 1
    states = {row["check"]: (row["state"], row["says"]) for row in json.loads(looked.out)["rows"]}
    assert states["snapshot good"][0] == "good"
    assert states["snapshot other"][0] == "bad" and said in states["snapshot other"][1]
    assert bytes_of(root) == before
    # What is advised works, for one that is to be built again; then the old folder has gone with its name.
    if "Build" in next:
        assert built(root, home.parent / "other.jsonl", "other") == Catalog(home).open("other").sha256


def test_the_current_one_is_of_another_format(home: Path, ask: Warm, tmp_path: Path) -> None:
    root = copied(home, tmp_path / "home")
    as_if_written(root, "good", 4)
    at = {"LINEAGE_HOME": str(root)}
    for line in ("info", "shell", "check-rules", "report -o x.html", "completion bash", "snapshots", "doctor"):
        done = ask(*line.split(), cwd=tmp_path, **at)
        assert broke(done) is None
        assert done.code == (0 if line in ("completion bash", "snapshots") else 1), done
    assert ask("info", "--snapshot", "other", **at).code == 0
    assert ask("snapshots", "use", "other", **at).code == 0
    assert ask("info", **at).code == 0
    assert ask("snapshots", "remove", "good", **at).code == 0
    assert Catalog(root).open().name == "other"
