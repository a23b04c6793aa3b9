"""The library: the same answers as the command line, as pandas frames and networkx graphs."""

import networkx as nx
import pandas as pd
import pytest

import lineage
from lineage.errors import NotFound, UsageError
from lineage.session import Session


def test_frames_equal_what_the_commands_print(sample: Session) -> None:
    hub = lineage.open(str(sample.snapshot.folder))
    assert isinstance(hub.info(), pd.DataFrame)
    assert hub.info().downloads.item() == 1_368_390_199
    row = hub.intermediaries(rule="R1", frame="text-generation", list="ten-accounts-2024")
    assert row.numerator.tolist() == [7_370_957]
    assert hub.shares("publisher", limit=3).key.tolist() == ["MIT", "sentence-transformers", "openai", "(others)"]
    assert hub.rollup(["openai/clip-vit-base-patch32"]).own.tolist() == [26_576_499]
    assert hub.tree("google-bert/bert-base-uncased").direction.tolist()[0] == "self"
    assert len(hub.query("top_bases", {"limit": "3"})) == 3
    assert len(hub.models) == 10_013
    assert (hub.edges.basis == "declared").sum() == 1799
    assert len(hub.ancestry) == 2210


def test_a_family_as_networkx_goes_from_child_to_base(sample: Session) -> None:
    graph = sample.to_networkx("meta-llama/Meta-Llama-3.1-8B-Instruct")
    assert isinstance(graph, nx.DiGraph)
    assert graph.has_edge("bartowski/Meta-Llama-3.1-8B-Instruct-GGUF", "meta-llama/Meta-Llama-3.1-8B-Instruct")
    edge = graph.edges["meta-llama/Meta-Llama-3.1-8B-Instruct", "meta-llama/Meta-Llama-3.1-8B"]
    assert edge == {"relation": "finetune", "evidence": "tag"}
    assert graph.nodes["meta-llama/Meta-Llama-3.1-8B"]["downloads"] == 561_395


def test_ids_are_found_in_any_case_and_as_addresses(sample: Session) -> None:
    for text in ("META-LLAMA/meta-llama-3.1-8b", "https://huggingface.co/meta-llama/Meta-Llama-3.1-8B/tree/main"):
        assert sample.rollup(text).id.tolist() == ["meta-llama/Meta-Llama-3.1-8B"]


def test_values_of_python_are_taken_as_they_are(sample: Session) -> None:
    text = "MATCH (m:Model) WHERE m.downloads > $least AND m.id IN $ids RETURN m.id AS id"
    ids = ["openai/clip-vit-base-patch32", "google-bert/bert-base-uncased"]
    assert set(sample.query(text, {"least": 1000, "ids": ids}).id) == set(ids)
    assert len(sample.query("top_bases", {"limit": 3})) == 3
    assert lineage.open(sample.snapshot.folder).snapshot.sha256 == sample.snapshot.sha256
    several = sample.intermediaries(rule="R2", threshold=[0.5, 0.8])
    assert several.threshold.tolist() == ["0.5", "0.8"]
    assert sample.intermediaries(rule="R2", threshold="0.5:0.9:0.2").threshold.tolist() == ["0.5", "0.7", "0.9"]
    for options in ({"limit": -1}, {"limit": 1.5}):
        with pytest.raises(UsageError, match="limit is a number of rows"):
            sample.shares("origin", **options)
    with pytest.raises(UsageError, match="top is a number"):
        sample.rollup(top=-1)


def test_a_frame_without_a_model_has_an_overview(sample: Session) -> None:
    assert "frame task:nosuch" in sample.view_overview(frame="task:nosuch")


def test_what_is_not_there(sample: Session) -> None:
    with pytest.raises(NotFound, match="There is no snapshot 'nope'"):
        lineage.open("nope")
    with pytest.raises(NotFound, match="There is no answer"):
        sample.table("nope")
    with pytest.raises(UsageError, match="outline, pyvis"):
        sample.view_family("google-bert/bert-base-uncased", writer="nope")
