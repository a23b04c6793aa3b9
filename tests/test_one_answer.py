"""One answer everywhere: each figure by the program, by SQL over the files of the snapshot, by plain Python and networkx,
by Cypher on both engines, and as a person reads it from a page. The statements lie in `tests/one_answer/`.

SQL and Cypher compute what they can from the edges; where they read what the build has stored, `STORED` says so.
"""

import re
from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from lineage import reference
from lineage.session import Session
from lineage.stores import ask
from tests.browser import Browser
from tests.servers import Server

HERE = Path(__file__).parent / "one_answer"
MODEL, ACCOUNT, MAKER = "meta-llama/Meta-Llama-3.1-8B", "bartowski", "meta-llama"
SERVED = "mistralai/Mistral-7B-Instruct-v0.3"
LIST = "ten-accounts-2024"

#: What a way does not compute but reads.
STORED = {("origin", "DuckDB"), ("origin", "Cypher"), ("pagerank", "DuckDB"), ("pagerank", "Cypher")}

#: What no page shows, and why.
NO_PAGE = {
    "stubs": "pages count links, not the bases that are only named",
    "pagerank": "pages show downloads, not ranks",
}

Answer = int | str


def given(name: str) -> dict[str, Any]:
    """The parameters of a figure's statements."""
    accounts = sorted(reference.intermediaries(LIST))
    model = SERVED if name == "served" else MODEL
    all_ = {
        "model": model,
        "account": "mistralai" if name == "origin" else ACCOUNT,
        "maker": MAKER,
        "accounts": accounts,
    }
    text = (HERE / f"{name}.sql").read_text("utf-8") + (HERE / f"{name}.cypher").read_text("utf-8")
    return {key: value for key, value in all_.items() if re.search(rf"\${key}\b", text)}


class Plain:
    """The sample as plain rows and a graph of networkx, base → child."""

    def __init__(self, session: Session) -> None:
        rows = session.snapshot.table("models", ["id", "publisher", "stub", "downloads", "gguf"]).to_pylist()
        self.models = {row["id"]: row for row in rows}
        columns = ["child", "base", "relation", "basis", "place"]
        self.edges = [e for e in session.snapshot.table("edges", columns).to_pylist() if e["basis"] == "declared"]
        self.graph = nx.DiGraph()
        self.graph.add_nodes_from(self.models)
        self.graph.add_edges_from((e["base"], e["child"]) for e in self.edges)
        groups = session.snapshot.table("publishers", ["publisher", "owner_group"]).to_pylist()
        self.owner = {g["publisher"]: (g["owner_group"] or g["publisher"]).lower() for g in groups}

    def value(self, id: str) -> int:
        return self.models[id]["downloads"] or 0

    def sum(self, ids: Any) -> int:
        return sum(self.value(id) for id in set(ids))

    def downloads(self) -> int:
        return self.sum(self.models)

    def models_(self) -> int:
        return sum(not row["stub"] for row in self.models.values())

    def links(self) -> int:
        return self.graph.number_of_edges()

    def stubs(self) -> int:
        return sum(row["stub"] for row in self.models.values())

    def derived(self) -> int:
        return len(nx.descendants(self.graph, MODEL))

    def full(self) -> int:
        return self.sum({MODEL, *nx.descendants(self.graph, MODEL)})

    def origin(self) -> int:
        split = {id: self.value(id) for id in self.models}
        places = {(e["child"], e["base"]): e["place"] for e in self.edges}
        for id in reversed(list(nx.topological_sort(self.graph))):
            bases = sorted(self.graph.predecessors(id), key=lambda base: (places[id, base], base))
            for i, base in enumerate(bases):
                split[base] += split[id] // len(bases) + (i < split[id] % len(bases))
        roots = [id for id in self.models if not self.graph.in_degree(id)]
        assert sum(split[id] for id in roots) == self.downloads()
        return sum(split[id] for id in roots if self.models[id]["publisher"] == "mistralai")

    def listed(self) -> int:
        accounts = {name.lower() for name in reference.intermediaries(LIST)}
        return self.sum(i for i, r in self.models.items() if r["gguf"] and (r["publisher"] or "").lower() in accounts)

    def repackaged(self) -> int:
        found: set[str] = set()
        bases: dict[str, list[str]] = {}
        for e in self.edges:
            bases.setdefault(e["child"], []).append(e["base"])
        quantized = {e["child"] for e in self.edges if e["relation"] == "quantized"}
        own = {
            id: [
                b
                for b in bases[id]
                if self.owner.get(self.models[b]["publisher"]) == self.owner.get(self.models[id]["publisher"])
            ]
            for id in quantized
        }
        while more := {id for id in quantized - found if all(b in found for b in own[id])}:
            found |= more
        return self.sum(found)

    def served(self) -> int:
        part = nx.DiGraph((e["base"], e["child"]) for e in self.edges if e["relation"] == "quantized")
        ids = [id for id in (SERVED, *nx.descendants(part, SERVED)) if not self.models[id]["stub"]]
        return 10**9 * len({self.models[id]["publisher"] for id in ids}) + self.sum(ids)

    def flow_in(self) -> int:
        of = {id: row["publisher"] for id, row in self.models.items()}
        return self.sum(e["child"] for e in self.edges if of[e["child"]] == ACCOUNT != of[e["base"]])

    def flow_out(self) -> int:
        of = {id: row["publisher"] for id, row in self.models.items()}
        return self.sum(e["child"] for e in self.edges if of[e["base"]] == MAKER != of[e["child"]])

    def pagerank(self) -> str:
        rank = nx.pagerank(self.graph.reverse(), tol=1e-14, max_iter=10_000)
        return " ".join(sorted(rank, key=lambda id: (-rank[id], id))[:5])


def program(s: Session, name: str) -> Answer:
    """What the commands answer."""
    (info,) = s.table("info").to_pylist()
    (rollup,) = s.table("rollup", models=[MODEL]).to_pylist()
    accounts = {"metric": name, "on": "publishers"}

    def account(of: str) -> int:
        return next(int(r[name]) for r in s.table("rank", **accounts).to_pylist() if r["publisher"] == of)

    def numerator(rule: str, **options: Any) -> int:
        (row,) = s.table("intermediaries", rule=rule, **options).to_pylist()
        assert row["share"] == float(round(Fraction(row["numerator"], row["denominator"]), 12))
        return int(row["numerator"])

    def served() -> int:
        total = s.table("servers", model=SERVED).to_pylist()[-1]
        return int(10**9 * total["servers"] + total["downloads"])

    ways: dict[str, Callable[[], Answer]] = {
        "downloads": lambda: info["downloads"],
        "models": lambda: info["models"],
        "links": lambda: info["edges"],
        "stubs": lambda: info["stubs"],
        "derived": lambda: rollup["descendants"],
        "full": lambda: rollup["full"],
        "origin": lambda: s.table("shares", by="origin", key="mistralai").to_pylist()[0]["numerator"],
        "listed": lambda: numerator("R1", frame="gguf", list=LIST),
        "repackaged": lambda: numerator("R4"),
        "served": served,
        "flow_in": lambda: account(ACCOUNT),
        "flow_out": lambda: account(MAKER),
        "pagerank": lambda: " ".join(s.table("rank").slice(0, 5).column("id").to_pylist()),
    }
    return ways[name]()


def duckdb(s: Session, name: str) -> Answer:
    """SQL over the Parquet files, past the program."""
    import duckdb

    with duckdb.connect() as con:
        for path in s.snapshot.folder.glob("*.parquet"):
            con.execute(f"CREATE VIEW {path.stem} AS SELECT * FROM read_parquet('{path}')")
        (value,) = con.execute((HERE / f"{name}.sql").read_text("utf-8"), given(name)).fetchall()[0]
        return value if isinstance(value, str) else int(value)


def cypher(rows: list[dict[str, Any]]) -> Answer:
    values = [row["value"] for row in rows]
    return " ".join(values) if isinstance(values[0], str) else int(values[0])


def number(text: str) -> int:
    """The first number of a text, thousands apart."""
    found = re.search(r"\d[\d,]*", text)
    assert found, text
    return int(found[0].replace(",", ""))


class Pages:
    """Figures as they are read from pages: text that is shown, at the place where a person looks."""

    def __init__(self, browser: Browser, session: Session, folder: Path) -> None:
        self.browser, self.folder = browser, folder
        self.make: dict[str, Callable[[], str]] = {
            "overview": lambda: session.view_overview(publishers=100),
            "family": lambda: session.view_family(MODEL),
            "publisher": lambda: session.view_publisher(ACCOUNT),
            "maker": lambda: session.view_publisher(MAKER),
            "report": lambda: session.report(),
            "ten": lambda: session.report(list=LIST),
        }
        self.shown = cache(self._shown)

    def _shown(self, name: str) -> list[str]:
        path = self.folder / f"{name}.html"
        path.write_text(self.make[name](), encoding="utf-8")
        tab = self.browser.open(path)
        text: str = tab.value("document.body.innerText")
        tab.close()
        return text.splitlines()

    def above(self, page: str, words: str, lines: int = 1) -> int:
        """The number that stands so many lines above the words."""
        shown = self.shown(page)
        return number(shown[next(i for i, line in enumerate(shown) if line.startswith(words)) - lines])

    def row(self, page: str, first: str, cell: int, after: str = "") -> int:
        """A cell of the first row that begins so, below a line that begins with `after`."""
        shown = self.shown(page)
        begin = next(i for i, line in enumerate(shown) if line.startswith(after))
        line = next(line for line in shown[begin:] if line.split("\t")[0].strip() == first)
        return number(line.split("\t")[cell])

    def read(self, name: str) -> Answer:
        match name:
            case "downloads":
                return self.above("overview", "1,799", 1)
            case "models":
                return self.above("overview", "models in the snapshot")
            case "links":
                return self.above("overview", "links from a model to a declared base")
            case "derived":
                return self.above("family", "models derived from it")
            case "full":
                return self.above("family", "downloads with everything derived from it")
            case "origin":
                return self.row("overview", "mistralai", 1, "Publisher\t")
            case "listed":
                return self.row("ten", "R1", 2, "Models tagged gguf")
            case "repackaged":
                return self.row("report", "R4", 2, "All models:")
            case "served":
                cells = [self.row("report", SERVED, cell, "Model\tSame account") for cell in (6, 5)]
                return 10**9 * cells[0] + cells[1]
            case "flow_out":
                words = next(line for line in self.shown("maker") if "that others host, made directly" in line)
                return self.above("maker", words)
            case "flow_in":
                return self.row("publisher", "R6", 4)  # its owner has no other account, so R6 counts the same
        raise AssertionError(name)


FIGURES = sorted(path.stem for path in HERE.glob("*.sql"))
WAYS = ("program", "DuckDB", "plain Python, networkx", "embedded Cypher", "Neo4j Cypher", "page")


def test_there_are_ten_figures_and_more() -> None:
    assert len(FIGURES) >= 10
    assert sorted(path.stem for path in HERE.glob("*.cypher")) == FIGURES
    assert set(NO_PAGE) < set(FIGURES) and len(NO_PAGE) <= 2


def test_one_answer_everywhere(
    sample: Session, neo4j_sample: Server, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plain, pages = Plain(sample), Pages(browser, sample, tmp_path_factory.mktemp("pages"))
    table = []
    for name in FIGURES:
        text, params = (HERE / f"{name}.cypher").read_text("utf-8").strip().rstrip(";"), given(name)
        with closing(ask.asker(sample.snapshot, sample.catalog.root)) as asker:
            embedded = asker.run(text, params, timeout=30.0).to_pylist()
        found = (
            program(sample, name),
            duckdb(sample, name),
            getattr(plain, "models_" if name == "models" else name)(),
            cypher(embedded),
            cypher(neo4j_sample.run(text, **params)),
            NO_PAGE.get(name) or pages.read(name),
        )
        table.append((name, found))
    for name, found in table:
        print(f"\n{name}")
        for way, value in zip(WAYS, found, strict=True):
            stored = " (stored by the build)" if (name, way.split()[-1]) in STORED else ""
            print(f"  {way:24} {value:,}{stored}" if isinstance(value, int) else f"  {way:24} {value}{stored}")
    for name, found in table:
        answers = found[:-1] if name in NO_PAGE else found
        assert len(set(answers)) == 1, (name, dict(zip(WAYS, found, strict=True)))
