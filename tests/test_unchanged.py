"""A build of what is there already is found out, and everything that makes a difference makes one."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lineage import unchanged
from lineage.catalog import Catalog
from lineage.commands import main
from lineage.errors import RefusedError
from lineage.pipeline import Built, build
from tests.crawling import folder_of, rows, stopped, wanted
from tests.hub import Hub

ROWS = [{"id": "a/b", "downloads": 3}, {"id": "c/b-GGUF", "downloads": 2, "tags": ["base_model:quantized:a/b"]}]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "table.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "home")


def built(source: Path, catalog: Catalog, **options: Any) -> Built:
    return build(str(source), catalog=catalog, **({"taken_at": "2026-01-01"} | options))


def test_the_same_again_is_left_and_made_the_current_one(source: Path, catalog: Catalog) -> None:
    first = built(source, catalog)
    built(source, catalog, name="other")
    assert catalog.read()["current"] == "other"
    again = built(source, catalog)
    assert again.recognised is None
    assert again.snapshot.sha256 == first.snapshot.sha256
    assert catalog.read()["current"] == "table"


def test_what_makes_a_difference_is_refused_as_before(
    source: Path, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(source, catalog)
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("account,type\na,person\n", encoding="utf-8")
    for options in ({"taken_at": "2026-01-02"}, {"limit": 1}, {"publishers": accounts}):
        with pytest.raises(RefusedError, match="already"):
            built(source, catalog, **options)
    with monkeypatch.context() as patch:
        patch.setattr("lineage.unchanged.versions", lambda: {"lineage": "another"})
        with pytest.raises(RefusedError, match="already"):
            built(source, catalog)
    source.write_text(json.dumps(ROWS[0]) + "\n", encoding="utf-8")
    with pytest.raises(RefusedError, match="already"):
        built(source, catalog)


def test_a_date_out_of_the_data_is_not_one_that_was_given(tmp_path: Path, catalog: Catalog) -> None:
    path = tmp_path / "dated.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": "a/b", "createdAt": "2026-01-01T00:00:00.000Z"}\n'))
    assert built(path, catalog, taken_at=None).snapshot.taken_at == "2026-01-01"
    assert built(path, catalog, taken_at=None).recognised is None
    with pytest.raises(RefusedError):
        built(path, catalog, taken_at="2026-01-01")


def test_a_damaged_snapshot_does_not_stand(source: Path, catalog: Catalog) -> None:
    folder = built(source, catalog).snapshot.folder
    table = folder / "models.parquet"
    table.write_bytes(table.read_bytes()[:-1] + b"?")
    with pytest.raises(RefusedError):
        built(source, catalog)
    assert built(source, catalog, force=True).recognised is not None


def test_the_version_stands_for_every_file_that_makes_tables() -> None:
    here = Path(unchanged.__file__).parent
    for name in (*unchanged._FOLDERS, *unchanged._FILES):
        assert (here / name).exists(), name


def test_an_unfinished_crawl_is_built_and_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(tmp_path / "home"))
    with Hub(rows(40), page=10) as hub:
        stopped(wanted(hub, name="x", max_pages=2))
    line = ["build", str(folder_of("x")), "--no-graph"]
    result = CliRunner().invoke(main, line)
    assert result.exit_code == 4
    assert "Incomplete    the crawl has not come to its end" in result.stdout
    found = Catalog().open("x")
    assert (found.manifest["complete"], found.counts["models"]) == (False, 20)
    # What has come is the same, the crawl is not.
    with Hub(rows(20), page=10) as hub:
        stopped(wanted(hub, name="y", max_pages=1))
    assert CliRunner().invoke(main, line).exit_code == 4
