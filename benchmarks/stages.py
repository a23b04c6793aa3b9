"""Where the time and the memory of a build go, stage by stage.

    python benchmarks/stages.py SOURCE [--graph] [--statements N]

Builds SOURCE (any source of `lineage build`) in a fresh home in a temporary folder and prints wall and
CPU seconds of each stage and the peak resident memory so far, then what came of the rows, and, where
`hub_records.py` left the truth beside SOURCE, how many of the edges that it says were found. `--graph`
builds the embedded graph as well. `--statements N` lists the N dearest statements of SQL.
On a busy machine CPU seconds hold and wall seconds do not.
"""

import argparse
import importlib
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

#: The functions that the pipeline calls, by the module that it finds them in; inner ones by their depth.
STAGES = (
    (0, "lineage.pipeline", "_read"),
    (1, "lineage.sources.columns", "load"),
    (1, "lineage.sources.pages", "look_at_all"),
    (1, "lineage.sources.pages", "add_pages"),
    (1, "lineage.sources.tables", "add_rows"),
    (1, "lineage.pipeline", "read_cards"),
    (1, "lineage.reading.rows", "read_rows"),
    (1, "lineage.pipeline", "read_claims"),
    (1, "lineage.pipeline", "read_weights"),
    (1, "lineage.pipeline", "read_parameters"),
    (1, "lineage.pipeline", "read_disclosure"),
    (1, "lineage.reading.rows", "take"),
    (1, "lineage.reading.rows", "tied_parts"),
    (1, "lineage.reading.rows", "settle"),
    (0, "lineage.pipeline", "resolve_claims"),
    (0, "lineage.pipeline", "correct_relations"),
    (0, "lineage.pipeline", "infer_from_names"),
    (0, "lineage.pipeline", "inherit_parameters"),
    (0, "lineage.pipeline", "number_nodes"),
    (0, "lineage.assembly", "fetch"),
    (0, "lineage.assembly", "tables"),
    (1, "lineage.metrics.graph", "build"),
    (1, "lineage.metrics.ancestry", "closure"),
    (1, "lineage.assembly", "_add_rollups"),
    (0, "lineage.catalog", "Catalog.publish"),
    (1, "lineage.catalog", "conform"),
    (1, "lineage.catalog", "write_parquet"),
)

#: `ru_maxrss` counts KiB, on macOS bytes.
_UNIT = 1 if sys.platform == "darwin" else 1024


def cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


def peak(who: int) -> float:
    """Peak resident memory so far in GiB: of this process, or of the largest child."""
    return resource.getrusage(who).ru_maxrss * _UNIT / 2**30


class Clock:
    """What ran, how often and for how long, in the order of its first start."""

    def __init__(self) -> None:
        self.rows: dict[str, list[float]] = {}

    def watch(self, depth: int, module: str, name: str) -> None:
        """Replace a function by itself with a clock around it; nothing where there is no such function."""
        holder: Any = importlib.import_module(module)
        *outer, last = name.split(".")
        for part in outer:
            holder = getattr(holder, part)
        action = getattr(holder, last, None)
        if action is not None:
            setattr(holder, last, self.around("  " * depth + name, action))

    def around(self, label: str, action: Callable[..., Any]) -> Callable[..., Any]:
        """`action` with a clock around it."""

        def timed(*arguments: Any, **named: Any) -> Any:
            row = self.rows.setdefault(label, [0, 0.0, 0.0, 0.0, 0.0])
            wall, spent = time.perf_counter(), cpu()
            try:
                return action(*arguments, **named)
            finally:
                row[0] += 1
                row[1] += time.perf_counter() - wall
                row[2] += cpu() - spent
                row[3], row[4] = peak(resource.RUSAGE_SELF), peak(resource.RUSAGE_CHILDREN)

        return timed

    def show(self) -> None:
        """Print the table."""
        print(f"{'stage':30} {'calls':>6} {'wall s':>8} {'CPU s':>8} {'peak GiB':>9} {'children':>9}")
        for label, (calls, wall, spent, own, children) in self.rows.items():
            print(f"{label:30} {calls:6.0f} {wall:8.1f} {spent:8.1f} {own:9.2f} {children:9.2f}")


class Statements:
    """A connection to DuckDB that times each statement by itself."""

    def __init__(self, connection: Any, took: list[tuple[float, float, str]]) -> None:
        self._connection, self._took = connection, took

    def execute(self, text: str, parameters: Any = None) -> Any:
        """As the connection does it, one statement after the other."""
        last = None
        for statement in self._connection.extract_statements(text):
            wall, spent = time.perf_counter(), cpu()
            last = self._connection.execute(statement, parameters)
            self._took.append((cpu() - spent, time.perf_counter() - wall, " ".join(statement.query.split())))
        return last

    def sql(self, text: str) -> Any:
        """A relation, whose work is done when it is fetched as a table."""
        relation, took = self._connection.sql(text), self._took

        class Fetched:
            @staticmethod
            def to_arrow_table() -> Any:
                wall, spent = time.perf_counter(), cpu()
                table = relation.to_arrow_table()
                took.append((cpu() - spent, time.perf_counter() - wall, " ".join(text.split())))
                return table

        return Fetched

    def __enter__(self) -> "Statements":
        return self

    def __exit__(self, *reason: Any) -> None:
        self._connection.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def count(table: Any, *columns: str) -> str:
    """`a 1, b 2`: the rows of an Arrow table by the values of some columns, the most frequent first."""
    found = table.group_by(list(columns)).aggregate([([], "count_all")]).to_pylist()
    found.sort(key=lambda r: (-r["count_all"], [str(r[c]) for c in columns]))
    return ", ".join(f"{' '.join(str(r[c]) for c in columns)} {r['count_all']:,}" for r in found) or "none"


def check(snapshot: Any, truth: Path) -> None:
    """Print how many of the edges that the records speak of are declared edges, and what the others are."""
    import duckdb

    with duckdb.connect() as con:
        con.register("edge", snapshot.table("edges", ["child", "base", "basis"]))
        con.register("model", snapshot.table("models", ["id", "stub"]))
        con.execute("CREATE VIEW truth AS SELECT * FROM read_parquet('" + str(truth).replace("'", "''") + "')")
        con.execute("CREATE TABLE found AS SELECT child, base FROM edge WHERE basis = 'declared'")
        total, told, held = con.execute(
            "SELECT count(*), count(*) FILTER (len(places) > 0), "
            "count(*) FILTER (len(places) > 0 AND (child, base) IN (FROM found)) FROM truth"
        ).fetchall()[0]
        print(f"truth: {total:,} edges, {told:,} of them told by the records, {held:,} found ({held / told:.3%})")
        missing = con.execute(
            "SELECT array_to_string(places, '+'), count(*), min(child) FROM truth "
            "WHERE len(places) > 0 AND (child, base) NOT IN (FROM found) GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
        print("  missed:", ", ".join(f"{p} {n:,} (as of {c})" for p, n, c in missing) or "none")
        for basis in ("declared", "stated", "inferred"):
            more = con.execute(
                "SELECT count(*), count(*) FILTER (base IN (SELECT id FROM model WHERE stub)), "
                "count(*) FILTER ((child, base) IN (SELECT (child, base) FROM truth)) FROM edge AS e "
                "WHERE basis = ? AND (child, base) NOT IN (SELECT (child, base) FROM truth WHERE len(places) > 0)",
                [basis],
            ).fetchall()[0]
            print(f"  {basis} beyond it: {more[0]:,}, to stubs {more[1]:,}, true all the same {more[2]:,}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Where the time and the memory of a build go.")
    parser.add_argument("source")
    parser.add_argument("--graph", action="store_true", help="build the embedded graph too")
    parser.add_argument("--statements", type=int, default=0, metavar="N", help="the N dearest statements")
    given = parser.parse_args()
    import duckdb

    from lineage import pipeline
    from lineage.catalog import Catalog

    clock, took = Clock(), list[tuple[float, float, str]]()
    for stage in STAGES:
        clock.watch(*stage)
    if given.statements:
        connect = duckdb.connect
        duckdb.connect = lambda *a, **k: Statements(connect(*a, **k), took)
    with tempfile.TemporaryDirectory(prefix="lineage-stages-") as home:
        os.environ["LINEAGE_HOME"] = home
        say = lambda text: print(f"  {text}", file=sys.stderr)  # noqa: E731
        built = clock.around("build", pipeline.build)(given.source, catalog=Catalog(Path(home)), say=say)
        if given.statements:
            duckdb.connect = connect
        if given.graph:
            from lineage.stores import embedded

            clock.around("embedded graph", embedded.ensure)(built.snapshot, Path(home))
        clock.show()
        print(f"\ncounts: {', '.join(f'{k} {v:,}' for k, v in sorted(built.snapshot.counts.items()))}")
        edges = built.snapshot.table("edges", ["basis", "evidence", "relation"])
        print(f"edges by basis: {count(edges, 'basis')}\n  by evidence: {count(edges, 'evidence')}")
        print(f"  by declared relation: {count(edges, 'relation')}")
        for what, counts in (
            ("rows", built.rejected),
            ("claims", built.rejected_claims),
            ("cards", built.card_problems),
        ):
            print(f"{what} rejected: {', '.join(f'{k} {v:,}' for k, v in counts.items()) or 'none'}")
        print(f"snapshot, sha256: {built.snapshot.sha256}")
        files = sorted(built.snapshot.folder.iterdir())
        print(f"snapshot, MiB: {', '.join(f'{f.name} {f.stat().st_size / 2**20:.1f}' for f in files)}")
        source = Path(given.source)
        truth = source.with_name(f"{source.name}.truth.parquet")
        if truth.is_file():
            check(built.snapshot, truth)
    for spent, wall, text in sorted(took, reverse=True)[: given.statements]:
        print(f"{spent:7.2f} CPU s {wall:7.2f} s  {text[:160]}")


if __name__ == "__main__":
    main()
