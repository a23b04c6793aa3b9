"""Ranks of accounts on drawn hubs and on both samples, against plain Python over rows, and against the other answers."""

from collections import Counter, defaultdict
from fractions import Fraction
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.answers import servers_hhi
from lineage.answers.frames import Selection
from lineage.answers.hosting import hosting
from lineage.answers.publisher_ranks import METRICS, graph_of, ranks
from lineage.errors import UsageError
from lineage.metrics.brokerage import ROLES
from lineage.schema import BASES, WINDOWS
from lineage.session import Session
from tests.conftest import Build
from tests.served import Served, share
from tests.test_brokerage import twin as roles_twin
from tests.test_laws import FRAMES, hubs
from tests.test_publisher_metrics import distances, harmonic_twin
from tests.twin import edge, opened

TYPES = dict.fromkeys(("in_degree", "reach", "flow_in", "flow_out", "brokerage", *ROLES), "int64")


class Accounts:
    """The publisher graph of a snapshot from the rows of its tables."""

    def __init__(self, session: Session, selection: Selection) -> None:
        self.rows = Served(session, selection.basis)
        self.names = [p["publisher"] for p in session.snapshot.table("publishers").to_pylist()]
        ids = session.snapshot.table("models", ["id"]).column("id").to_pylist()
        self.value = dict(zip(ids, selection.value.tolist(), strict=True))
        self.host = {m: row["publisher"] for m, row in self.rows.models.items()}
        above: dict[str, set[str | None]] = defaultdict(set)
        self.touched: set[str] = set()
        for child, base, _ in self.rows.edges:
            above[child].add(self.host[base])
            self.touched |= {a for a in (self.host[child], self.host[base]) if a}
        self.flow_in, self.flow_out, self.weight = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
        for model, owners in above.items():
            mine = self.host[model]
            self.flow_in[mine] += self.value[model] if owners - {mine} else 0
            for owner in owners - {mine, None}:
                self.flow_out[owner] += self.value[model]
                if mine:
                    self.weight[mine, owner] += self.value[model]
        self.graph = nx.DiGraph()
        number = {name: i for i, name in enumerate(self.names)}
        self.graph.add_nodes_from(sorted(number[a] for a in self.touched))
        self.graph.add_weighted_edges_from(sorted((number[p], number[q], v + 1) for (p, q), v in self.weight.items()))

    def servers_hhi(self, account: str) -> float | None:
        """Over the union of the parts of its models and stubs, each found by a search of its own."""
        parts = {m for top, host in self.host.items() if host == account for m in self.rows.part(top)}
        served = Counter[str | None]()
        for model in parts:
            served[self.host[model]] += self.value[model]
        return share(sum(v * v for v in served.values()), sum(served.values()) ** 2)

    def metric(self, metric: str) -> dict[str, Any]:
        n, graph = len(self.names), self.graph
        match metric:
            case "pagerank":
                found: Any = nx.pagerank(graph, tol=1e-15, max_iter=10_000) if graph else {}
            case "betweenness":
                found = nx.betweenness_centrality(graph, normalized=False)
            case "in_degree":
                found = dict(graph.in_degree())
            case "reach":
                found = {v: len(distances(graph, v)) for v in graph}
            case "harmonic":
                found = harmonic_twin(graph, n)
            case "servers_hhi":
                return {a: self.servers_hhi(a) for a in self.touched}
            case _:
                counted = self.flow_in if metric == "flow_in" else self.flow_out
                return {a: counted[a] for a in self.touched}
        return {self.names[v]: found[v] for v in graph}

    def roles(self, owner: str) -> dict[str, list[int]]:
        def of(name: str) -> tuple[str, str]:
            group = self.rows.group.get(name) if owner == "group" else None
            return ("group", group.lower()) if group else ("account", name)

        codes = {who: i for i, who in enumerate(sorted({of(name) for name in self.names}))}
        found = roles_twin(len(self.names), set(self.graph.edges), [codes[of(name)] for name in self.names])
        return {self.names[v]: found[v] for v in self.graph}


def held(table: Any, column: str) -> dict[str, Any]:
    return dict(zip(table.column("publisher").to_pylist(), table.column(column).to_pylist(), strict=True))


def check(session: Session, selection: Selection, owner: str, metrics: tuple[str, ...] = METRICS) -> None:
    accounts = Accounts(session, selection)
    for metric in metrics:
        table = ranks(selection, metric, owner)
        assert table.column("publisher").to_pylist() == sorted(accounts.touched), metric
        for name, kind in zip(table.schema.names, table.schema.types, strict=True):
            words = {"publisher": "string", "estimated": "bool"}
            assert str(kind) == words.get(name, TYPES.get(name, "double")), name
        if metric == "brokerage":
            roles = accounts.roles(owner)
            assert table.column_names == ["publisher", "brokerage", *ROLES]
            assert {a: [held(table, role)[a] for role in ROLES] for a in roles} == roles
            assert held(table, metric) == {a: sum(found) for a, found in roles.items()}
            continue
        found, expected = held(table, metric), accounts.metric(metric)
        if TYPES.get(metric) == "int64" or metric == "servers_hhi":
            assert found == expected, metric
        else:
            assert found == pytest.approx(expected, rel=1e-9), metric
        if metric == "betweenness":
            assert set(table.column("estimated").to_pylist()) <= {False}


@settings(max_examples=15, deadline=None)
@given(hubs(), st.sampled_from(FRAMES), st.sampled_from(BASES), st.sampled_from(["group", "account"]))
def test_drawn_hubs_are_the_twins(session: Session, frame: list[str], basis: str, owner: str) -> None:
    for window in WINDOWS:
        check(session, session.select(frame, window=window, basis=basis), owner)


@pytest.mark.parametrize("basis", ["declared", *(pytest.param(b, marks=pytest.mark.soak) for b in BASES[1:])])
@pytest.mark.parametrize("name", ["sample", "sample_gguf"])
def test_the_samples_are_the_twins(name: str, basis: str, request: pytest.FixtureRequest) -> None:
    session: Session = request.getfixturevalue(name)
    check(session, session.select(basis=basis), "group")


@pytest.mark.parametrize("name", ["sample", "sample_gguf"])
def test_flows_are_what_the_other_answers_say(name: str, request: pytest.FixtureRequest) -> None:
    """A repository with one base flows as `flows` has it; what others make of an account's is on the account's page."""
    session: Session = request.getfixturevalue(name)
    selection = session.select()
    flow_in, flow_out = (held(ranks(selection, metric), metric) for metric in ("flow_in", "flow_out"))
    going = Counter[str]()
    for row in session.table("flows").to_pylist():
        if row["server_kind"] != "own":
            going[row["server"]] += row["downloads"]
    # `flows` divides a repository over its bases, and here it counts whole.
    rows = Served(session)
    for model, bases in rows.above.items():
        owners = [rows.account(base) for base, _ in bases]
        if len(set(owners)) > 1 and rows.account(model) in owners:
            divided = rows.divided(model)
            going[rows.account(model)] += sum(v for b, v in divided.items() if rows.account(b) == rows.account(model))
    assert flow_in == {a: going[a] for a in flow_in}
    largest = sorted(flow_out, key=lambda a: (-flow_out[a], a))[:15]
    for account in [*largest, *sorted(flow_out)[:5]]:
        assert sum(hosting(selection, account).others.column("downloads").to_pylist()) == flow_out[account]


def test_touched_is_that_of_the_table(sample: Session, sample_gguf: Session) -> None:
    for session in (sample, sample_gguf):
        table = session.snapshot.table("publishers", ["touched"]).column("touched").to_pylist()
        assert graph_of(session.select()).touched.tolist() == table


# --- servers_hhi --------------------------------------------------------------------------------------


def test_who_serves_an_account_by_hand() -> None:
    models = {
        "maker/a": {"downloads": 60},
        "maker/b": {"downloads": 0},
        "other/a-GGUF": {"downloads": 30},
        "third/a-GGUF-again": {"downloads": 10},  # of both models of maker, and counted once
        "other/tuned": {"downloads": 1_000},
        "gone/only-GGUF": {"downloads": 0},
    }
    edges = [
        edge("other/a-GGUF", "maker/a", "quantized"),
        edge("third/a-GGUF-again", "other/a-GGUF", "quantized", position=0),
        edge("third/a-GGUF-again", "maker/b", "quantized", position=1),
        edge("other/tuned", "maker/a", "finetune"),
        edge("gone/only-GGUF", "lost/stub", "quantized"),
    ]
    found = held(ranks(opened(models, edges).select(), "servers_hhi"), "servers_hhi")
    whole = float(round(Fraction(1030**2 + 10**2, 1040**2), 12))
    assert found == {"maker": 0.46, "other": whole, "third": 1.0, "gone": None, "lost": None}


def test_squares_pass_int64() -> None:
    many = 3 * 10**12
    models = {"maker/a": {"downloads": many}, "other/a-GGUF": {"downloads": many + 1}}
    found = held(
        ranks(opened(models, [edge("other/a-GGUF", "maker/a", "quantized")]).select(), "servers_hhi"), "servers_hhi"
    )
    assert found == {"maker": share(many**2 + (many + 1) ** 2, (2 * many + 1) ** 2), "other": 1.0}


@pytest.mark.parametrize("marks", [1, 7])
def test_few_accounts_at_a_time_are_the_same(sample: Session, marks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = servers_hhi.servers_hhi(sample.select())
    size = int(sample.snapshot.table("models", ["id"]).num_rows)
    monkeypatch.setattr(servers_hhi, "_MARKS", 1 if marks == 1 else marks * size)
    assert servers_hhi.servers_hhi(sample.select()).equals(whole)


# --- names --------------------------------------------------------------------------------------------


def test_accounts_that_differ_in_case_are_one(build_rows: Build) -> None:
    def row(id: str, downloads: int, *bases: str) -> dict[str, Any]:
        card = {"base_model": list(bases), "base_model_relation": "quantized"} if bases else {}
        return {"id": id, "downloads": downloads, "tags": [], "cardData": card}

    session = build_rows(
        [
            row("ann/base", 100),
            row("ann/other", 1),
            row("ANN/mine", 10, "ann/base"),
            row("Bob/one", 7, "ann/base"),
            row("bob/two", 5, "ANN/mine", "Gone/stub"),
            row("bob/three", 2, "gone/else"),
            row("alone", 3, "ann/base"),
        ]
    )
    selection = session.select()
    assert held(ranks(selection, "flow_in"), "flow_in") == {"ann": 0, "bob": 14, "Gone": 0}
    assert held(ranks(selection, "flow_out"), "flow_out") == {"ann": 15, "bob": 0, "Gone": 7}
    assert held(ranks(selection, "in_degree"), "in_degree") == {"ann": 1, "bob": 0, "Gone": 1}


@pytest.mark.parametrize(("options", "says"), [(("page_rank",), "no metric"), (("pagerank", "me"), "no owner")])
def test_bad_words_are_sentences(sample: Session, options: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        ranks(sample.select(), *options)
