"""`lineage rank`: order, weights, refusals, and the cache of what takes long."""

import json
import shutil
from pathlib import Path

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage import reference
from lineage.answers import model_ranks, publisher_ranks
from lineage.answers.largest import largest
from lineage.catalog import Catalog
from lineage.commands import main
from lineage.errors import UsageError
from lineage.schema import BASES
from lineage.session import Session
from lineage.stores import computed
from tests.twin import Row, Twin, drawings, edge, opened

MODELS: dict[str, Row] = {m: {"downloads": d} for m, d in
                          (("a/base", 100), ("b/base", 60), ("c/mix", 30), ("d/mix-GGUF", 20), ("e/tuned", 7))}  # fmt: skip
EDGES = [
    edge("c/mix", "a/base", "merge", position=0),
    edge("c/mix", "b/base", "finetune", position=1),
    edge("d/mix-GGUF", "c/mix", "quantized"),
    edge("e/tuned", "far/stub", "finetune"),
    edge("b/base", "a/base", basis="inferred", rule="nearer", inferred="copy"),
]


def rank(session: Session, **options: object) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in session.table("rank", **options).to_pylist()]


def test_by_hand() -> None:
    s = opened(MODELS, EDGES)
    got = rank(s, metric="in_degree")
    assert got[:3] == [
        ("a/base", False, 1, 0, 0, 0, 1, 0, 0),
        ("b/base", False, 1, 1, 0, 0, 0, 0, 0),
        ("c/mix", False, 1, 0, 0, 1, 0, 0, 0),
    ]
    assert rank(s, metric="reach", limit=2) == [("a/base", False, 2), ("b/base", False, 2)]
    assert rank(s, metric="harmonic", limit=1) == [("a/base", False, 1.5)]
    assert rank(s, metric="betweenness", limit=2) == [("c/mix", False, 2.0), ("a/base", False, 0.0)]
    # Under `inferred` b/base derives from a/base, yet the shortest path to that does not lead through it.
    assert rank(s, metric="in_degree", basis="inferred")[0] == ("a/base", False, 2, 0, 0, 0, 1, 1, 0)
    assert rank(s, metric="betweenness", basis="inferred", limit=1) == [("c/mix", False, 2.0)]
    # c/mix gives 0.85 of 1.85: half and half; by relation 0.5 to 1.0; and discounted.
    up = 1 + 0.85
    for weights, a, b, c in (
        ("equal", 0.5, 0.5, 1.0),
        ("relation", 1 / 3, 2 / 3, 1.0),
        ("discounted", 0.25, 0.5, 0.3),
    ):
        found = {row[0]: row[2] for row in rank(s, weights=weights)}
        mix = 1 + 0.85 * c
        expected = {"a/base": 1 + 0.85 * a * mix, "b/base": 1 + 0.85 * b * mix, "c/mix": mix, "far/stub": up}
        total = sum(expected.values()) + 2  # and the two leaves
        assert {m: found[m] for m in expected} == pytest.approx({m: x / total for m, x in expected.items()}, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(drawings(), st.sampled_from(BASES))
def test_every_metric_of_models_is_the_twins(
    drawn: tuple[dict[str, Row], list[Row], dict[str, str]], basis: str
) -> None:
    models, edges, owners = drawn[0], [{"position": None, **e} for e in drawn[1]], drawn[2]
    s, twin = opened(models, edges, owners), Twin(models, edges, basis)
    g = twin.whole
    weight = reference.relation_weights()
    for (child, base), e in twin.edges.items():
        g.edges[child, base]["weight"] = weight[e["relation"] or "unlabelled"]
    steps = twin.steps()
    expected = {
        "pagerank": nx.pagerank(g, tol=1e-15, max_iter=1000, weight=None),
        "relation": nx.pagerank(g, tol=1e-15, max_iter=1000, weight="weight"),
        "betweenness": nx.betweenness_centrality(g, normalized=False),
        "in_degree": dict(g.in_degree()),
        "reach": {m: len(twin.below[m]) for m in g},
        "harmonic": {m: sum(1 / d for (_, a), d in steps.items() if a == m) for m in g},
    }
    for name, values in expected.items():
        options = {"weights": "relation"} if name == "relation" else {"metric": name}
        got = {row[0]: row[2] for row in rank(s, basis=basis, **options)}
        assert got == pytest.approx(values, rel=1e-9, abs=1e-12), name


@settings(deadline=None)
@given(st.lists(st.none() | st.integers(-3, 3), max_size=30), st.none() | st.integers(0, 31), st.data())
def test_the_largest_are_those_of_a_whole_sort(
    values: list[int | None], limit: int | None, data: st.DataObject
) -> None:
    among = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    whole = sorted((v is None, -(v or 0), i) for i, v in enumerate(values) if among[i])
    for kind in (pa.int64(), pa.float64()):
        column = pa.chunked_array([pa.array(values, kind)])
        assert largest(column, limit, np.array(among, bool)).tolist() == [i for _, _, i in whole][:limit]


@pytest.mark.parametrize("on", ["models", "publishers"])
def test_the_first_rows_are_those_of_all(sample: Session, on: str) -> None:
    metrics = model_ranks.METRICS if on == "models" else publisher_ranks.METRICS
    for metric in metrics:
        whole = sample.table("rank", on=on, metric=metric)
        first = sample.table("rank", on=on, metric=metric, limit=25)
        assert first.to_pylist() == whole.slice(0, 25).to_pylist(), metric
        name, values = whole.column_names[0], whole.column(metric)
        assert pa.compute.sort_indices(
            pa.table({"v": values, "n": whole.column(name)}), sort_keys=[("v", "descending"), ("n", "ascending")]
        ).to_pylist() == list(range(whole.num_rows))


def test_what_is_stored_is_what_is_computed(sample: Session, sample_gguf: Session) -> None:
    for s in (sample, sample_gguf):
        for metric in ("pagerank", "in_degree", "flow_in", "flow_out"):
            stored = s.table("rank", on="publishers", metric=metric)
            made = publisher_ranks.ranks(s.select(), metric)
            assert dict(rank(s, on="publishers", metric=metric)) == dict(
                zip(made.column("publisher").to_pylist(), made.column(metric).to_pylist(), strict=True)
            )
            assert stored.num_rows == made.num_rows == sum(s.snapshot.table("publishers").column("touched").to_pylist())


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"on": "model"}, "Did you mean models?"),
        ({"metric": "betwenness"}, "Did you mean betweenness?"),
        ({"metric": "flow_in"}, "add --on publishers"),
        ({"weights": "relations"}, "Did you mean relation?"),
        ({"weights": "relation", "metric": "reach"}, "--metric pagerank"),
        ({"weights": "relation", "on": "publishers"}, "--on models"),
        ({"owner": "account"}, "--metric brokerage"),
        ({"owner": "both", "on": "publishers", "metric": "brokerage"}, "There is no owner"),
        ({"frame": "gguf"}, "--on publishers"),
        ({"window": "all_time", "on": "publishers", "metric": "reach"}, "leave them away"),
        ({"on": "publishers", "metric": "hhi"}, "servers_hhi"),
        ({"basis": "guessed"}, "There is no basis"),
    ],
)
def test_refusals_say_the_next_step(sample: Session, options: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        sample.table("rank", **options)


# --- the command, and the cache ---------------------------------------------------------------------


@pytest.fixture
def home(sample: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(sample.catalog.root, tmp_path / "home", ignore=shutil.ignore_patterns("cache"))
    monkeypatch.setenv("LINEAGE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def lineage(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == code, done.output
    return done


def test_the_command(home: Path) -> None:
    done = lineage("rank", "--metric", "betweenness", "--format", "json")
    said = json.loads(done.stdout)
    assert said["options"] == {"on": "models", "metric": "betweenness", "weights": "equal", "owner": "group", "frame": [],
                               "window": "30d", "basis": "declared"}  # fmt: skip
    assert len(said["rows"]) == 20 and set(said["rows"][0]) == {"id", "stub", "betweenness"}
    assert "--on publishers" in done.stderr and "showing 20 of 10,013" in done.stderr
    ids = lineage("rank", "--metric", "betweenness", "--ids", "-q")
    assert ids.stdout.split() == [row["id"] for row in said["rows"]] and not ids.stderr
    stubs = lineage("rank", "--where", "stub=true", "--limit", "3", "--format", "jsonl").stdout.splitlines()
    assert len(stubs) == 3 and all(json.loads(row)["stub"] for row in stubs)
    flows = lineage("rank", "--on", "publishers", "--metric", "flow_in", "--frame", "gguf", "--format", "jsonl").stdout
    assert len(flows.splitlines()) == 20
    assert "No download counts" in lineage("rank", "--frame", "gguf", code=2).stderr


def test_what_takes_long_is_computed_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = []
    true = model_ranks.ranks
    monkeypatch.setattr(model_ranks, "ranks", lambda *a: times.append(a) or true(*a))
    session = Session.open()
    first = session.table("rank", metric="betweenness")
    (kept,) = (home / "cache").glob("*-rank-betweenness-*.parquet")
    assert kept.name.startswith(session.snapshot.sha256[:32])
    assert session.table("rank", metric="betweenness").equals(first) and len(times) == 1
    # Another basis is another answer; what is stored needs no file.
    session.table("rank", metric="betweenness", basis="inferred")
    session.table("rank", metric="reach")
    assert len(list((home / "cache").glob("*.parquet"))) == 2 and not list((home / "cache").glob(".building*"))
    whole = kept.read_bytes()
    for damage in (whole[:-30], b"", b"nothing of ours", whole[:50] + bytes([whole[50] ^ 1]) + whole[51:]):
        kept.write_bytes(damage)
        before = len(times)
        assert session.table("rank", metric="betweenness").equals(first) and len(times) == before + 1
        assert kept.read_bytes() == whole
    # The answer to something else, under a name that fits its bytes.
    other = next(p for p in (home / "cache").glob("*.parquet") if p != kept)
    kept.unlink()
    shutil.copy(other, kept.with_name(kept.stem.rpartition("-")[0] + "-" + other.stem.rpartition("-")[2] + ".parquet"))
    assert session.table("rank", metric="betweenness").equals(first)
    assert kept.exists() and len(list((home / "cache").glob("*.parquet"))) == 2


def test_a_new_method_replaces_what_the_old_one_kept(home: Path) -> None:
    snapshot, catalog = Catalog().open(), Catalog()
    asked = (snapshot, catalog.root, "thing", {"of": 1})
    assert computed.kept(*asked, 1, lambda: pa.table({"v": [1]})).to_pydict() == {"v": [1]}
    assert computed.kept(*asked, 1, lambda: pa.table({"v": [2]})).to_pydict() == {"v": [1]}
    assert computed.kept(*asked, 2, lambda: pa.table({"v": [3]})).to_pydict() == {"v": [3]}
    assert len(list((home / "cache").glob("*-thing-*.parquet"))) == 1


def test_a_home_that_cannot_be_written_is_no_error(home: Path) -> None:
    (home / "cache").write_text("a file stands where the folder would be")
    assert lineage("rank", "--metric", "betweenness", "-q").stdout.count("\n") == 21


def test_what_is_not_known_is_last_and_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lineage.metrics import betweenness as module

    true = module.betweenness
    monkeypatch.setattr(module, "betweenness", lambda graph: true(graph, bound=2, most=5, block=5))
    done = lineage("rank", "--metric", "betweenness", "--all", "--format", "jsonl")
    values = [json.loads(row)["betweenness"] for row in done.stdout.splitlines()]
    unknown = values.count(None)
    assert unknown and values[-unknown:] == [None] * unknown
    assert f"the {unknown:,} models that these may lead through have no value" in done.stderr
    # Kept with its reason.
    monkeypatch.setattr(module, "betweenness", true)
    assert "too many ancestors" in lineage("rank", "--metric", "betweenness").stderr
