"""`lineage cite`: what a citation names is what the manifest says, and its texts are what they claim to be."""

import hashlib
import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from lineage import __version__
from lineage.commands import main
from lineage.session import Session
from lineage.views.citation import KINDS, text_of
from tests.conftest import Build


@pytest.fixture(autouse=True)
def _home(sample: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(sample.catalog.root))


def lineage(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(main, ("cite", *arguments))
    assert done.exit_code == code, (arguments, done.output)
    return done


def test_the_rows_are_those_of_the_manifest(sample: Session) -> None:
    frame = sample.cite()
    rows = dict(zip(frame.field, frame.value, strict=True))
    data = (sample.snapshot.folder / "manifest.json").read_bytes()
    manifest = json.loads(data)
    assert rows["manifest_sha256"] == hashlib.sha256(data).hexdigest()
    assert (rows["version"], rows["snapshot"], rows["taken_at"]) == (__version__, "sample", "2024-09-20")
    assert rows["source_sha256"] == manifest["source"]["sha256"] and rows["source"] == "sample.parquet"
    assert frame.value.isna().sum() == 1 and frame.field[frame.value.isna()].tolist() == ["licence"]
    knew = {name: value for name, value in manifest["versions"].items() if name not in ("lineage", "code")}
    assert {f[5:]: v for f, v in rows.items() if f.startswith("knew:")} == knew and len(knew) > 8
    assert (rows["models"], rows["edges"], rows["bases"]) == ("9715", "1799", "declared stated inferred")
    assert lineage("--format", "tsv").stdout.splitlines()[1:3] == ["program\tmodel-lineage", f"version\t{__version__}"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_names_what_identifies_a_figure(sample: Session, kind: str) -> None:
    text = lineage("--as", kind).stdout
    for word in (
        "sample",
        "2024-09-20",
        sample.snapshot.sha256,
        __version__,
        "9715 models",
        "docs/definitions.md",
        "not stated",
    ):
        assert word in text
    assert "$" not in text and text.endswith("\n")


def test_the_texts_are_what_they_claim_to_be(sample: Session, tmp_path: Path) -> None:
    path = tmp_path / "CITATION.cff"
    assert lineage("--as", "cff", "-o", str(path)).stdout == ""
    cff = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert cff["cff-version"] == "1.2.0" and cff["type"] == "dataset" and str(cff["date-released"]) == "2024-09-20"
    assert cff["identifiers"][0]["value"] == f"sha256:{sample.snapshot.sha256}"
    bib = lineage("--as", "bibtex").stdout
    assert bib.startswith("@misc{lineage-sample,\n") and bib.count("{") == bib.count("}")
    assert len(re.findall(r"^  \w+ += \{.*\},?$", bib, re.MULTILINE)) == 5


def test_names_of_strangers_stay_text(build_rows: Build) -> None:
    session = build_rows([{"id": "a/b", "downloads": 1}], name='x"}\n\\input{y} 50% $&_#')
    cff = yaml.safe_load(text_of(session.table("cite"), "cff"))
    assert '"}' in cff["title"] and "50%" in cff["title"]
    bib = text_of(session.table("cite"), "bibtex")
    assert "\\input" not in bib and bib.count("{") == bib.count("}")
    assert r"50\% \$\&\_\#" in bib


def test_a_date_out_of_the_data_is_said_to_be(build_rows: Build) -> None:
    session = build_rows([{"id": "a/b", "createdAt": "2025-03-04T00:00:00Z"}], taken_at=None)
    assert "taken at 2025-03-04 (inferred)" in text_of(session.table("cite"), "text")


def test_what_is_wrong_gets_a_sentence(tmp_path: Path) -> None:
    assert "Did you mean bibtex" in lineage("--as", "bibtext", code=2).stderr
    done = lineage("--as", "cff", "--format", "json", "-o", str(tmp_path / "x.cff"), code=2)
    assert "leave one of them away" in done.stderr and not (tmp_path / "x.cff").exists()
    assert "nope" in lineage("--snapshot", "nope", code=3).stderr
