"""What is found without reading all of it: a row by its text, pairs by their marks, the largest keys of a cut."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage import aside, assembly, catalog, parquet, pipeline
from lineage.answers.pairs import distinct
from lineage.answers.shares import SCHEMA, shares
from lineage.catalog import Catalog
from lineage.chosen import alike, row_of, where
from lineage.questions import select
from lineage.snapshot import Snapshot


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The sample in blocks of 700 rows."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (aside, assembly, catalog, parquet):
            patch.setattr(module, "BLOCK", 700)
        patch.setattr(parquet, "GROUP", 700)
        return pipeline.build("sample", catalog=Catalog(tmp_path_factory.mktemp("many"))).snapshot


def test_a_row_is_found_by_its_text_in_whatever_block_it_is(many: Snapshot) -> None:
    ids = many.table("models", ["id"]).column("id").to_pylist()
    path: Path = many.folder
    for row in (0, 1, 699, 700, 701, 3500, len(ids) - 1):
        fresh = Snapshot(many.name, path, many.manifest, many.sha256)  # holds no column
        assert row_of(fresh, "models", "id", ids[row]) == row == row_of(many, "models", "id", ids[row])
        assert not fresh.held("models").column_names
        assert row_of(fresh, "models", "id", ids[row] + " ") == -1
    for nobody in ("", "\U0010ffff", "zzz/zzz"):
        assert row_of(Snapshot(many.name, path, many.manifest, many.sha256), "models", "id", nobody) == -1


def test_rows_that_have_a_text_are_those_of_a_filter_in_whatever_blocks_they_are(many: Snapshot) -> None:
    edges = many.table("edges")
    bases = edges.column("base").to_pylist()
    often, once = max(set(bases), key=bases.count), min(set(bases), key=bases.count)
    for column, text in (("base", often), ("base", once), ("child", edges["child"][800].as_py()), ("child", "no/body")):
        fresh = Snapshot(many.name, many.folder, many.manifest, many.sha256)  # holds no column
        wanted = edges.filter(pc.equal(edges.column(column), text))
        assert where(fresh, "edges", column, text).equals(wanted)
        assert where(many, "edges", column, text, ["position", "child"]).equals(wanted.select(["position", "child"]))
        assert not fresh.held("edges").column_names
    assert edges.num_rows > 700


def test_texts_within_are_found_in_whatever_block_and_case_they_are(many: Snapshot) -> None:
    ids = many.table("models", ["id"]).column("id").to_pylist()
    for text in ("llama", "LLaMA-2", "-gguf", ids[0], "a.b", "[", "no such name", ""):
        fresh = Snapshot(many.name, many.folder, many.manifest, many.sha256)  # holds no column
        wanted = [text.lower() in each.lower() for each in ids]
        assert alike(fresh, "models", "id", text).tolist() == wanted == alike(many, "models", "id", text).tolist()
        assert fresh.held("models").column_names == ["id"]


def test_many_row_groups_come_in_order_and_with_what_is_made_of_each(many: Snapshot) -> None:
    path, ids = many.folder / "models.parquet", many.table("models", ["id"]).column("id").to_pylist()
    groups = [ids[begin : begin + 700] for begin in range(0, len(ids), 700)]
    assert len(groups) > 2 * parquet._MOST_READERS
    assert [table["id"].to_pylist() for table in parquet.read_groups(path, ["id"])] == groups
    backwards = list(range(len(groups)))[::-1]
    assert list(parquet.read_groups(path, ["id"], backwards, lambda t, g: (g, t["id"].to_pylist()))) == list(
        zip(backwards, groups[::-1], strict=True)
    )
    some = parquet.read_groups(path, ["id"])
    assert next(some)["id"].to_pylist() == groups[0]
    some.close()  # and nobody waits for the rest
    with pytest.raises(ZeroDivisionError):
        list(parquet.read_groups(path, ["id"], then=lambda t, g: 1 // 0))


@given(pairs=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4))), wide=st.sampled_from([5, 10**9]))
def test_each_pair_once_sorted(pairs: list[tuple[int, int]], wide: int) -> None:
    a, b = (np.array([pair[i] for pair in pairs], np.int64) for i in (0, 1))
    found = distinct(a, b, wide)  # few possible pairs are marked, many are sorted
    assert list(zip(*(each.tolist() for each in found), strict=True)) == sorted(set(pairs))


@pytest.mark.parametrize("by", ["publisher", "family", "origin", "licence", "format"])
@pytest.mark.parametrize("frame", ["all", "gguf"])
def test_the_largest_keys_are_the_first_of_all(many: Snapshot, by: str, frame: str) -> None:
    every = shares(select(many, frame), by)
    known = [row for row in every.to_pylist() if row["key"] != "(unknown)"]
    for limit in (0, 1, 7, 40, 10**6):
        few = shares(select(many, frame), by, limit)
        named = [row for row in few.to_pylist() if row["key"] not in ("(others)", "(unknown)")]
        assert pa.Table.from_pylist(named, SCHEMA).equals(pa.Table.from_pylist(known[:limit], SCHEMA))
        assert sum(row["numerator"] for row in few.to_pylist()) == every.column("denominator")[0].as_py()
