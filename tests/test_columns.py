"""What is kept beside the pages of a crawl: the same snapshot with it and without, whatever became of it."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lineage import pipeline
from lineage.catalog import Catalog
from lineage.errors import SourceError
from lineage.pipeline import Built
from lineage.sources import columns, crawled, pages
from tests.crawling import unsealed
from tests.readings import crawled as crawl_folder
from tests.readings import taken


def page(number: int) -> list[dict[str, Any] | str]:
    """Three records; now and then one twice, renamed, that nothing can be made of, or with a card in prose."""
    models: list[dict[str, Any] | str] = [
        {
            "_id": f"{number * 3 + i:024x}",
            "id": f"maker-{number % 7}/model-{number * 3 + i}",
            "downloads": number * 3 + i,
            "lastModified": "2026-02-01T00:00:00.000Z",
            "tags": ["gguf", f"base_model:quantized:maker-{number // 2 % 7}/model-{number // 2 * 3}", f"tag-{number}"],
        }
        for i in range(3)
    ]
    first = dict(models[0])  # type: ignore[arg-type]
    if number in (3, 14):  # twice in a part
        models.append(first | {"downloads": 5_000, "tags": ["mlx"]})
    if number == 15:  # renamed since the first part
        models.append(first | {"_id": f"{12:024x}", "id": "new/name", "lastModified": "2026-03-01"})
    if number in (7, 28):
        models[1] = {"id": "no good id", "downloads": 3}
    if number == 2:
        text = (
            "This model was converted to GGUF format from [`maker-0/model-0`](https://huggingface.co/maker-0/model-0)"
        )
        models.append(first | {"downloads": 9_000, "tags": ["gguf"], "readme": f"# A card\n{text} using llama.cpp\n"})
    return models


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of which nothing was kept yet."""
    return crawl_folder(tmp_path_factory.mktemp("crawls") / "c", [page(n) for n in range(30)])


@pytest.fixture(scope="module", autouse=True)
def _in_small_parts() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "TOGETHER", 10)
        yield


def build(folder: Path) -> Built:
    return pipeline.build(str(folder), name="c", catalog=Catalog(folder.parent / f"home-{folder.name}"), force=True)


def sha256(folder: Path) -> str:
    return build(folder).snapshot.sha256


@pytest.fixture(scope="module")
def whole(crawl: Path) -> dict[str, Any]:
    """What is taken of the crawl in one part, from its pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "TOGETHER", 1_000)
        found = taken(crawl)
    assert len(found["rejected"]) == 6 and [c for c in found["claims"] if "text" in c]
    return found


@pytest.fixture
def kept(crawl: Path, whole: dict[str, Any], tmp_path: Path) -> Path:
    """A copy of the crawl with its columns."""
    if not (crawl / "columns").exists():
        assert taken(crawl) == whole
    shutil.copytree(crawl, tmp_path / "c")
    return tmp_path / "c"


def parts_of(folder: Path) -> list[Path]:
    return sorted((folder / "columns").iterdir())


def read_again(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first page of every part that is read from its pages from now on."""
    seen: list[str] = []
    real = pages.add_pages

    def add_pages(con: Any, some: list[pages.Page], told: bool = False) -> Any:
        seen.append(some[0].file.name)
        return real(con, some, told)

    monkeypatch.setattr(columns, "add_pages", add_pages)
    monkeypatch.setattr(crawled, "add_pages", add_pages)
    return seen


def test_a_snapshot_is_the_same_with_and_without_them(crawl: Path, kept: Path) -> None:
    assert len(parts_of(kept)) == 3
    with_them = sha256(kept)
    shutil.rmtree(kept / "columns")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "TOGETHER", 1_000)
        assert sha256(kept) == with_them
    assert not (kept / "columns").exists()


def test_what_is_whole_is_not_read_again_but_for_rows_that_share_an_id(
    kept: Path, whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = read_again(monkeypatch)
    assert taken(kept) == whole
    assert seen == ["000000.json.zst", "000010.json.zst"]


def _flip(part: Path) -> None:
    path = part / "model.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _cut(part: Path) -> None:
    path = part / "tags.parquet"
    path.write_bytes(path.read_bytes()[:-9])


def _miss(part: Path) -> None:
    (part / "contender.parquet").unlink()


def _damage(part: Path) -> None:
    (part / "sha256.json").write_text('{"model.parquet": ')


def _shorten(part: Path) -> None:
    said = json.loads((part / "sha256.json").read_bytes())
    del said["refused.parquet"]
    (part / "refused.parquet").unlink()
    (part / "sha256.json").write_text(json.dumps(said))


def _leave_begun(part: Path) -> None:
    shutil.copytree(part, part.with_name(f".{part.name}.99999.new"))
    _miss(part)


DAMAGE: list[Callable[[Path], None]] = [_flip, _cut, _miss, _damage, _shorten, _leave_begun]


@pytest.mark.parametrize("damage", [DAMAGE[:3], DAMAGE[3:]], ids=["files", "folders"])
def test_what_is_damaged_is_made_again(
    kept: Path, whole: dict[str, Any], damage: list[Callable[[Path], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {p.name: (p / "sha256.json").read_bytes() for p in parts_of(kept)}
    for do, part in zip(damage, parts_of(kept), strict=True):
        do(part)
    seen = read_again(monkeypatch)
    assert taken(kept) == whole
    assert set(seen) == {"000000.json.zst", "000010.json.zst", "000020.json.zst"}
    assert {p.name: (p / "sha256.json").read_bytes() for p in parts_of(kept)} == before


def test_those_of_another_version_are_replaced(
    kept: Path, whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {p.name for p in parts_of(kept)}
    monkeypatch.setattr("lineage.reading.part.version", lambda: "another")
    assert taken(kept) == whole
    new = {p.name for p in parts_of(kept)}
    assert len(new) == 3 and not new & old


def test_the_version_is_that_of_all_that_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    from lineage import reference
    from lineage.reading import part

    found = {part.version()}
    for name, value in (("formats", ()), ("languages", ("xx",)), ("libraries", frozenset({"x"}))):
        with monkeypatch.context() as patch:
            patch.setattr(reference, name, lambda value=value: value)
            found.add(part.version())
    assert len(found) == 4


def test_where_nothing_can_be_written_the_pages_are_read_and_no_damage(
    kept: Path, whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    missing, _, part = parts_of(kept)
    shutil.rmtree(missing)
    _flip(part)
    damaged = (part / "model.parquet").read_bytes()

    def refuse(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(columns.pq, "write_table", refuse)
    assert taken(kept) == whole
    assert (part / "model.parquet").read_bytes() == damaged and not missing.exists()


@pytest.mark.parametrize("large", [True, False])
def test_a_page_that_is_not_what_it_was_is_refused(kept: Path, monkeypatch: pytest.MonkeyPatch, large: bool) -> None:
    monkeypatch.setattr(columns, "TOGETHER", 10 if large else 1_000)
    file = kept / "000012.json.zst"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(
        SourceError, match=r"1 pages of the crawl c are missing or not .* the first is 000012\.json\.zst"
    ):
        build(kept)
    file.unlink()
    (kept / "000020.json.zst").unlink()
    with pytest.raises(SourceError, match=r"2 pages of the crawl c are missing .* lineage crawl --name c --fresh"):
        build(kept)
    assert not (kept.parent / "home-c" / "catalog.json").exists()


def test_a_page_with_fewer_records_than_it_had_is_refused(tmp_path: Path) -> None:
    folder = crawl_folder(tmp_path / "c", [page(n) for n in range(3)])
    state = folder / "crawl.json"
    state.write_bytes(unsealed(state.read_bytes()).replace(b'"records":3', b'"records":4', 1))
    with pytest.raises(SourceError, match="hold 10 records, and held 11 when they came"):
        build(folder)


def test_a_crawl_that_has_not_come_to_its_end(tmp_path: Path) -> None:
    folder = crawl_folder(tmp_path / "c", [page(n) for n in range(2)], finished=False)
    made = build(folder)
    assert made.snapshot.manifest["complete"] is False and made.snapshot.counts["rows_in"] == 6
    done = crawl_folder(tmp_path / "d", [page(n) for n in range(2)])
    other = build(done)
    assert other.snapshot.manifest["complete"] is True
    assert other.snapshot.manifest["tables"] == made.snapshot.manifest["tables"]


def test_odd_pages_of_a_crawl_count_record_by_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd: list[list[dict[str, Any] | str]] = [
        [{"id": "a/b", "downloads": 3}],
        ["7", "null", '"text"'],
        [],
        ["{}"],
        ['{"id":"a/s","library_name":"\\ud800"}', '{"path":"x/y/README.md"}'],
        ["null"],
    ]
    folder = crawl_folder(tmp_path / "c", odd)
    results = []
    for together in (2, 100):
        monkeypatch.setattr(columns, "TOGETHER", together)
        results.append(taken(folder))
    assert results[0] == results[1]
    assert results[0]["counts"]["rows_in"] == 8 and results[0]["counts"]["models"] == 2
    assert sorted(reason for _, reason, _ in results[0]["rejected"]) == ["no-id"] * 2 + ["not-an-object"] * 4
