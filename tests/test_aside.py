"""Tables put aside on disk: they come back as they were, in blocks, and a build through them is the same build."""

import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage import aside, assembly, catalog, parquet, pipeline
from lineage.aside import Aside, in_blocks
from lineage.catalog import Catalog
from lineage.schema import TABLES

ROWS = st.lists(st.tuples(st.one_of(st.none(), st.text(max_size=3)), st.integers(-5, 5)), max_size=20)


def columns(rows: list[tuple[str | None, int]]) -> tuple[pa.Table, pa.Table]:
    """Text and its words; a number and a list."""
    texts = pa.array([t for t, _ in rows], pa.string())
    lists = pa.array([None if n < 0 else [str(n)] * n for _, n in rows], pa.list_(pa.string()))
    numbers = pa.array([n for _, n in rows], pa.int64())
    return pa.table({"text": texts, "word": texts.dictionary_encode()}), pa.table({"number": numbers, "list": lists})


@given(rows=ROWS, block=st.integers(1, 8))
def test_what_is_put_aside_comes_back_in_blocks(rows: list[tuple[str | None, int]], block: int) -> None:
    first, second = columns(rows)
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(aside, "BLOCK", block)
        put = Aside(Path(folder) / "table")
        put.put(first)
        put.put(second)
        assert put.num_rows == len(rows)
        blocks = list(put)
        assert [b.num_rows for b in blocks[:-1]] == [block] * (len(blocks) - 1)
        assert 0 < blocks[-1].num_rows <= block or not rows
        assert pa.concat_tables(blocks).to_pylist() == [
            a | b for a, b in zip(first.to_pylist(), second.to_pylist(), strict=True)
        ]
        assert not list(Path(folder).rglob("*.arrow"))  # what has been had needs no room


@given(sizes=st.lists(st.integers(0, 9), max_size=8), block=st.integers(1, 7))
def test_batches_of_any_size_become_even_blocks(sizes: list[int], block: int) -> None:
    schema = pa.schema({"n": pa.int64()})
    numbers = iter(range(sum(sizes)))
    batches = [pa.record_batch({"n": pa.array([next(numbers) for _ in range(s)], pa.int64())}) for s in sizes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aside, "BLOCK", block)
        found = list(in_blocks(batches, schema))
    assert [n for b in found for n in b.column("n").to_pylist()] == list(range(sum(sizes)))
    assert [b.num_rows for b in found[:-1]] == [block] * (len(found) - 1)
    assert len(found) == max(1, -(-sum(sizes) // block))
    assert all(b.schema == schema for b in found)


def test_a_build_of_many_blocks_is_that_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = pipeline.build("sample", catalog=Catalog(tmp_path / "one")).snapshot
    for module in (aside, assembly, catalog, parquet):
        monkeypatch.setattr(module, "BLOCK", 700)
    monkeypatch.setattr("lineage.catalog._LARGE", 0)
    many = pipeline.build("sample", catalog=Catalog(tmp_path / "many")).snapshot
    for name in TABLES:
        assert many.table(name).equals(one.table(name)), name
    assert many.counts == one.counts


def test_a_disk_that_is_full_while_columns_are_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Aside, blocks: object) -> None:
        raise OSError(28, "No space left on device")  # as pyarrow says it: without the name of the file

    monkeypatch.setattr(Aside, "put_blocks", full)
    with pytest.raises(OSError, match="No space left") as raised:
        pipeline.build("sample", catalog=Catalog(tmp_path))
    assert "lineage-" in str(raised.value.filename)
    assert Catalog(tmp_path).read()["snapshots"] == {}
