"""Figures, disclosure, sizes and concentration against a slow twin: on the samples and on drawn snapshots."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage import reference
from lineage.answers.concentration import measures
from lineage.catalog import Catalog
from lineage.schema import BASES, RULES
from lineage.session import Session
from lineage.snapshot import Snapshot
from tests.slow import Hub
from tests.test_answers import owners, raw_rows, rows
from tests.test_study import share
from tests.twin import Twin, complete, draw, edge

LANGUAGES = frozenset(reference.languages())
FOLDER = Path(__file__).resolve().parent.parent


@pytest.fixture(params=["sample", "sample_gguf"])
def session(request: pytest.FixtureRequest) -> Session:
    return request.getfixturevalue(request.param)


# --- the twin: plain Python over the sample's own rows -----------------------------------------------


def says(row: dict[str, Any]) -> str:
    tags = row["tags"]
    if any(t.startswith("dataset:") and t[8:].strip() for t in tags):
        return "yes"
    seen = row.get("pipeline_tag") or any(t.startswith(("license:", "base_model:")) or t in LANGUAGES for t in tags)
    return "no" if seen else "unknown"


def named_size(model: str) -> int | None:
    found = re.search(r"(?i)(?<![a-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)([bm])(?![a-z0-9])", model)
    if not found:
        return None
    factor, number, unit = found.groups()
    exact = Fraction(factor or 1) * Fraction(number) * (10**9 if unit in "bB" else 10**6)
    return int(exact) if exact.denominator == 1 and 1 <= exact <= 10**15 else None


def size(hub: Hub, model: str) -> tuple[int | None, str | None]:
    """A model's size and where it is from; the samples have no counts of their own."""

    def heir(m: str) -> bool:
        return (
            m in hub.rows
            and bool(hub.bases(m))
            and all(hub.edges[m, b]["relation"] == "quantized" for b in hub.bases(m))
        )

    def above(m: str) -> int | None:
        if not heir(m):
            return None
        base = hub.bases(m)[0]
        return above(base) or named_size(base)

    inherited, own = above(model), named_size(model)
    return (inherited, "base") if inherited else (own, "name" if own else None)


def spread(holdings: Iterable[int]) -> dict[str, Any]:
    x = sorted(holdings)
    n, total = len(x), sum(x)
    return {"n": n, "total": total, "hhi": share(sum(v * v for v in x), total**2), "top1": share(sum(x[-1:]), total),
            "gini_population": share(sum((2 * i - n - 1) * v for i, v in enumerate(x, 1)), n * total),
            "top10": share(sum(x[-10:]), total)}  # fmt: skip


def portions(held: dict[str, int], countries: Callable[[str], tuple[str, ...]]) -> Counter[str]:
    """Downloads by country; `held` by model, `countries` of a model."""
    found: Counter[str] = Counter()
    for model, value in held.items():
        codes = countries(model)
        for i, code in enumerate(codes):
            found[code] += value // len(codes) + (i < value % len(codes))
        if not codes:
            found["(unknown)"] += value
    return found


def by_year(raw: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in raw:
        if "created_at" in row:
            found.setdefault(str(row["created_at"].year), []).append(row)
    return {**dict(sorted(found.items())), "all": raw}


FRAMES = {"all": lambda row: True, "gguf": lambda row: "gguf" in row["tags"]}


@pytest.mark.parametrize("frame", FRAMES)
def test_disclosure_and_sizes_of_the_samples(session: Session, frame: str) -> None:
    raw = raw_rows(session)
    hub = Hub(raw, reference.legacy_ids())
    graph = hub.graph()
    yes = {r["id"] for r in raw if says(r) == "yes"}
    inside = [r for r in raw if FRAMES[frame](r)]
    disclosed, sized = rows(session, "disclosure", frame=frame), rows(session, "sizes", frame=frame)
    years = by_year(inside)
    assert [r["year"] for r in disclosed] == [r["year"] for r in sized] == list(years)
    for got, measured, mine in zip(disclosed, sized, years.values(), strict=True):
        total = sum(r["downloads"] for r in mine)
        for state in ("yes", "no", "unknown"):
            assert got[state] == sum(r["downloads"] for r in mine if says(r) == state)
        inherits = [r for r in mine if r["id"] not in yes and nx.descendants(graph, r["id"]) & yes]
        assert got["by_ancestor"] == sum(r["downloads"] for r in inherits)
        counted = [r["id"] for r in mine if r["id"] in yes]
        assert (got["models"], got["publishers"]) == (len(counted), len({i.split("/")[0] for i in counted}))
        assert (got["denominator"], got["share_high"]) == (total, share(got["yes"] + got["unknown"], total))
        found = [(r["downloads"], *size(hub, r["id"])) for r in mine]
        numerator, known = sum(d * s for d, s, _ in found if s), sum(d for d, s, _ in found if s)
        assert (int(measured["numerator"]), measured["denominator"], measured["downloads"]) == (numerator, known, total)
        assert measured["mean_parameters"] == (float(Fraction(numerator, known)) if known else None)
        assert (measured["models"], measured["sized_models"]) == (len(mine), sum(1 for _, s, _ in found if s))
        assert [measured[f"from_{w}"] for w in ("safetensors", "gguf", "name", "base")] == [
            sum(d for d, _, e in found if e == w) for w in ("safetensors", "gguf", "name", "base")]  # fmt: skip


@pytest.mark.parametrize("frame", FRAMES)
def test_figures_and_concentration_of_the_samples(session: Session, frame: str) -> None:
    raw = raw_rows(session)
    hub = Hub(raw, reference.legacy_ids())
    table = reference.publishers(None, session.snapshot.taken_at)
    value = {r["id"]: r["downloads"] for r in raw if FRAMES[frame](r)}
    total = sum(value.values())

    def account(model: str) -> str:
        return model.split("/")[0].casefold() if "/" in model else ""

    def countries(model: str) -> tuple[str, ...]:
        return table[account(model)].countries if account(model) in table else ()

    roots = hub.split(value)
    held = {"publisher": value, "origin": roots}
    found = {(r["figure"], r["rule"], r["by"]): r for r in rows(session, "figures", frame=frame) if r["year"] is None}
    for by, holdings in held.items():
        part = portions(holdings, countries)
        assert sum(part.values()) == total
        for figure, code in (("china_share", "CN"), ("us_share", "US")):
            got = found.pop((figure, None, by))
            assert (int(got["numerator"]), got["denominator"], got["value"]) == (
                part[code],
                total,
                share(part[code], total),
            )
            assert got["share_high"] == share(part[code] + part["(unknown)"], total)
            assert got["coverage"] == share(total - part["(unknown)"], total)
        for rule, chosen in (("account", {"qwen", "deepseek-ai"}), ("group", set[str]())):
            chosen |= {a for a, p in table.items() if rule == "group" and p.owner in ("alibaba", "deepseek-ai")}
            got = found.pop(("deepseek_qwen_share", rule, by))
            mine = sum(v for m, v in holdings.items() if account(m) in chosen)
            nobodys = sum(v for m, v in holdings.items() if not account(m))
            assert (int(got["numerator"]), got["value"]) == (mine, share(mine, total))
            assert (got["share_low"], got["share_high"]) == (share(mine, total), share(mine + nobodys, total))
    groups, strict = owners(session), {a.casefold() for a in reference.intermediaries("strict")}
    unlabelled = {c for (c, _), e in hub.edges.items() if e["relation"] is None}
    for rule in RULES:
        got = found.pop(("intermediary_share", rule, None))
        mine = hub.rule(rule, groups, strict, "0.8", set(value))
        assert (int(got["numerator"]), got["value"]) == (mine, share(mine, total))
        if rule in ("R1", "R2", "R3"):
            assert (got["share_low"], got["share_high"], got["coverage"]) == (None,) * 3
            continue
        of_rule: dict[str, set[str | None]] = {"R4": {"quantized", "copy"}, "R6": {None, "finetune"}}
        of_rule["R5"] = of_rule["R4"] | {"adapter", "merge"}
        of_rule["R6"] |= of_rule["R5"]
        counted = hub.repackaged(groups, of_rule[rule])
        open_ = {m for m in value if not hub.bases(m)}
        if rule != "R6":
            open_ |= (unlabelled & hub.repackaged(groups, of_rule["R6"]) & set(value)) - counted
        unknown = sum(value[m] for m in open_)
        assert (got["share_high"], got["coverage"]) == (share(mine + unknown, total), share(total - unknown, total))
    assert found == {}
    graph = hub.graph()
    families = {m: v for m, v in roots.items() if v or any(d in value for d in nx.ancestors(graph, m) | {m})}
    hosts: Counter[str] = Counter()
    for m, v in value.items():
        hosts[account(m)] += v
    part = portions(value, countries)
    unknown_part = part.pop("(unknown)")
    for over, holdings_ in (("publisher", hosts.values()), ("family", families.values()), ("country", part.values())):
        (got,) = rows(session, "concentration", over=over, frame=frame)
        assert {k: got[k] for k in spread(holdings_)} == spread(holdings_)
        assert got["unknown_share"] == (share(unknown_part, total) if over == "country" else None)


def test_yearly_figures_of_the_samples_are_those_of_their_commands(session: Session) -> None:
    found = {(r["figure"], r["year"]): r for r in rows(session, "figures") if r["year"]}
    for r in rows(session, "disclosure"):
        got = found.pop(("disclosed_share", r["year"]))
        assert (int(got["numerator"]), got["denominator"], got["value"], got["coverage"]) == (
            r["yes"], r["denominator"], r["share"], r["coverage"])  # fmt: skip
    for r in rows(session, "sizes"):
        got = found.pop(("mean_parameters", r["year"]))
        assert (got["numerator"], got["denominator"], got["value"], got["coverage"]) == (
            r["numerator"], r["denominator"], r["mean_parameters"], r["coverage"])  # fmt: skip
    dated = "created_at" in session.snapshot.columns
    assert set(found) <= {(p.figure, str(p.year)) for p in reference.published().values()}
    assert {r["missing"] for r in found.values()} <= ({None} if dated else {"created_at"})
    assert dated or len(found) == 6


def test_a_window_that_the_sample_lacks_is_named(sample: Session) -> None:
    found = rows(sample, "figures", window="under_1y")
    assert all(r["missing"].startswith("downloads_all_time, created_at") and r["value"] is None for r in found)
    assert {r["window"] for r in found} == {"under_1y"}


# --- closed forms, and laws over drawn snapshots -----------------------------------------------------


@given(st.integers(1, 400), st.integers(1, 10**12))
def test_concentration_in_closed_form(n: int, x: int) -> None:
    import numpy as np

    equal = measures(np.full(n, x, np.int64))
    assert (equal["hhi"], equal["gini_population"], equal["top1"]) == (share(1, n), 0.0, share(1, n))
    one = measures(np.array([x] + [0] * (n - 1), np.int64))
    assert (one["hhi"], one["gini_population"], one["top10"]) == (1.0, share(n - 1, n), 1.0)


@given(st.lists(st.integers(0, 10**12), max_size=40))
def test_concentration_equals_its_formula(holdings: list[int]) -> None:
    import numpy as np

    assert measures(np.array(holdings, np.int64)) == spread(holdings)


COUNTRIES = {"Qwen": ["CN"], "duo": ["CN", "US"], "blue": ["US"], "trio": ["CN", "HK", "US"], "anon": []}
NAMES = [f"{account}/{i}" for account in COUNTRIES for i in (1, 2, 3)] + ["old-1", "old-2"]

MODELS = st.dictionaries(
    st.sampled_from(NAMES),
    st.fixed_dictionaries({
        "downloads": st.integers(0, 50),
        "downloads_all_time": st.integers(0, 10**9),
        "disclosed": st.sampled_from(["yes", "no", "unknown"]),
        "created_at": st.sampled_from([None, datetime(2023, 12, 31, 23, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)]),
        "parameters": st.none() | st.integers(1, 10**15),
    }),
    min_size=1, max_size=12,
)  # fmt: skip
EDGES = st.lists(
    st.tuples(
        st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(["quantized", "finetune", None]),
        st.sampled_from(BASES),
    ),
    max_size=16, unique_by=lambda e: (e[0], e[1]),
)  # fmt: skip


def drawn(models: dict[str, Any], edges: list[Any], basis: str) -> tuple[Session, Twin]:
    edges = [
        edge(c, b, label, basis=believed, position=None, replaced=False)
        for c, b, label, believed in edges
        if c in models and c != b
    ]
    tables, manifest = draw(models, edges)
    accounts = tables["publishers"].to_pylist()
    tables["publishers"] = complete("publishers", [{**a, "countries": COUNTRIES[a["publisher"]]} for a in accounts])
    manifest["columns"] = ["downloads", "downloads_all_time", "created_at", "tags"]
    snapshot = Snapshot("drawn", Path("nowhere"), manifest, "0" * 64, tables)
    return Session(snapshot, Catalog(Path("nowhere"))), Twin(models, edges, basis)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MODELS, EDGES, st.sampled_from(BASES), st.sampled_from(["30d", "all_time"]))
def test_laws_of_the_figures(models: dict[str, Any], edges: list[Any], basis: str, window: str) -> None:
    session, twin = drawn(models, edges, basis)
    options = {"basis": basis, "window": window}
    value = {m: row["downloads" if window == "30d" else "downloads_all_time"] for m, row in models.items()}
    total = sum(value.values())
    above = {m: {a for a in models if m in twin.below[a]} for m in models}
    for r in rows(session, "disclosure", **options):
        year = {"2023": 2023, "2024": 2024, "(undated)": None}
        mine = [
            m
            for m, row in models.items()
            if r["year"] == "all" or getattr(row["created_at"], "year", None) == year[r["year"]]
        ]
        assert r["yes"] + r["no"] + r["unknown"] == r["denominator"] == sum(value[m] for m in mine)
        quiet = [m for m in mine if models[m]["disclosed"] != "yes"]
        inherits = [m for m in quiet if any(models[a]["disclosed"] == "yes" for a in above[m])]
        assert r["by_ancestor"] == sum(value[m] for m in inherits)
    numerators: Counter[Any] = Counter()
    for m in rows(session, "figures", members=True, **options):
        numerators[m["figure"], m["rule"], m["by"], m["year"]] += int(m["counted"] or 0)
        assert (m["counted"] is None) == (m["by"] == "origin")
    found = rows(session, "figures", **options)
    for r in found:
        assert r["missing"] is None
        if r["by"] != "origin":
            assert numerators[r["figure"], r["rule"], r["by"], r["year"]] == r["numerator"]
        if r["share_low"] is not None:
            assert r["share_low"] <= r["value"] <= r["share_high"] <= 1.0
    size_of = {m: row["parameters"] or 0 for m, row in models.items()}
    mean = next(r for r in found if r["figure"] == "mean_parameters" and r["year"] == "all")
    assert int(mean["numerator"]) == sum(value[m] * size_of[m] for m in models)
    split = twin.passed_up(value, False)
    roots = {min(twin.group[m]): split[m] for m in twin.whole if not set(twin.bases(m)) - twin.group[m]
             and all(not set(twin.bases(f)) - twin.group[m] for f in twin.group[m])}  # fmt: skip
    assert sum(roots.values()) == total
    for by, held in (("publisher", value), ("origin", roots)):
        part = portions(held, lambda m: tuple(COUNTRIES.get(m.split("/")[0], ())))
        got = {r["figure"]: r for r in found if r["by"] == by and r["figure"].endswith(("china_share", "us_share"))}
        china, us = got["china_share"], got["us_share"]
        assert (int(china["numerator"]), int(us["numerator"])) == (part["CN"], part["US"])
        unknown, others = part["(unknown)"], part["HK"]
        assert int(china["numerator"]) + int(us["numerator"]) + others + unknown == total == china["denominator"]
        assert china["share_high"] == share(part["CN"] + unknown, total)
    reached = {m: v for m, v in roots.items() if any(d in models for d in twin.below[m] | twin.group[m])}
    (family,) = rows(session, "concentration", over="family", **options)
    assert {k: family[k] for k in spread(reached.values())} == spread(reached.values())


def test_deep_models_know_what_their_ancestors_say() -> None:
    models = {f"blue/{i:02}": {"downloads": 2**i, "disclosed": "yes" if i == 0 else "no"} for i in range(12)}
    edges = [edge(f"blue/{i:02}", f"blue/{i - 1:02}", "finetune") for i in range(1, 12)]
    tables, manifest = draw(models, edges)
    manifest["deep"] = [f"blue/{i:02}" for i in range(4, 12)]
    pairs = tables["ancestry"].to_pylist()
    kept = [p for p in pairs if p["model"] not in manifest["deep"]]
    tables["ancestry"] = pa.Table.from_pylist(kept, tables["ancestry"].schema)
    manifest["counts"]["ancestry_bound"] = 3
    session = Session(Snapshot("deep", Path("nowhere"), manifest, "0" * 64, tables), Catalog(Path("nowhere")))
    assert rows(session, "disclosure")[0]["by_ancestor"] == 2**12 - 2


# --- the command line --------------------------------------------------------------------------------


def test_on_the_command_line(sample: Session, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        env = {"LINEAGE_HOME": str(sample.catalog.root), "PYTHONPATH": str(FOLDER), "PATH": ""}
        command = [sys.executable, "-m", "lineage", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)

    import json

    done = run("figures", "--figure", "mean_parameters", "--format", "json")
    said = json.loads(done.stdout)
    assert said["command"] == "figures" and said["options"]["figure"] == ["mean_parameters"]
    last = said["rows"][-1]
    assert (last["numerator"], last["denominator"]) == (1_230_163_248_833_400_000, 89_910_857)
    assert list(said["rows"][0]) == ["figure", "rule", "year", "by", "value", "numerator", "denominator", "coverage",
                                     "share_low", "share_high", "published", "published_year", "comparable", "missing",
                                     "frame", "window", "basis", "taken_at", "definition", "why"]  # fmt: skip
    for arguments, words in (
        (["figures", "--figure", "china", "-o", "f.csv"], "Did you mean china_share"),
        (["disclosure", "--window", "all_time", "-o", "f.csv"], "downloads_all_time"),
        (["concentration", "--over", "owner", "-o", "f.csv"], "publisher, family, country"),
        (["sizes", "--frame", "nope", "-o", "f.csv"], "There is no frame"),
    ):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, "") and words in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert sample.figures(figure="china_share").numerator.tolist() == [44_166_024, 44_388_336]
    assert sample.disclosure().yes.tolist() == [479_722_810] and sample.sizes().from_base.tolist() == [8_092_874]
    assert sample.concentration("country").n.tolist() == [39]
