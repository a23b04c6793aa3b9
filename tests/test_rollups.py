"""Downloads with everything derived: in a frame, and the first of all without the rest."""

from typing import Any

import networkx as nx
import pytest

from lineage.printing import Output, arrange
from lineage.session import Session


def test_rollups_in_a_frame_are_those_of_its_downloads(sample: Session) -> None:
    base = "meta-llama/Meta-Llama-3.1-8B"
    gguf = sample.table("rollup", models=base, frame="gguf").to_pylist()[0]
    below = nx.ancestors(sample.to_networkx(base), base)
    inside = {i for i, flag in zip(sample.models.id, sample.select("gguf").inside, strict=True) if flag}
    downloads = dict(zip(sample.models.id, sample.models.own, strict=True))
    assert gguf["own"] == 0 and gguf["full"] == sum(int(downloads[m]) for m in below & inside)


@pytest.mark.parametrize("basis", ["declared", "inferred"])
@pytest.mark.parametrize("options", [{}, {"frame": "gguf"}, {"over": "publisher"}, {"top": 30}])
def test_the_first_rollups_are_those_of_all(sample: Session, basis: str, options: dict[str, Any]) -> None:
    whole = sample.table("rollup", basis=basis, **options)
    orders = [None, "full", "descendants", "own:asc", "count_merge", "count_merge:asc", "downloads_adapter"]
    orders += [] if options.get("over") else ["split:asc", "id", "id:desc", "stub"]
    for sort in orders:
        for limit in (0, 1, 7, 50, whole.num_rows, whole.num_rows + 1):
            said: list[str] = []
            few = sample.table("rollup", basis=basis, limit=limit, sort=sort, note=said.append, **options)
            wanted, total = arrange(whole, Output(sort=sort, limit=limit))
            assert arrange(few, Output(sort=sort))[0].equals(wanted), (sort, limit)
            left_out = f"showing {limit:,} of {total:,}; --all shows all, --limit N some"
            assert [each for each in said if each.startswith("showing")] == [left_out] * (limit < total)
