"""One dial for how much is believed: every answer under declared, stated and inferred.

Small snapshots are drawn as tables, with edges of all three kinds. Answers are held against numbers worked
out by hand and against a slow twin in plain Python and networkx, which also makes the stored columns.
"""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings

from lineage import reference
from lineage.catalog import Catalog
from lineage.errors import NotFound, UsageError
from lineage.schema import BASES, ROLLUP_COLUMNS, RULES
from lineage.session import Session
from lineage.stores import graph
from tests.twin import Row, Twin, draw, drawings, edge, opened

CUTS = ("publisher", "produced_by", "origin", "family", "relation", "format", "task", "licence", "library", "country")
STRICT = {a.casefold() for a in reference.intermediaries("strict")}

MODELS: dict[str, Row] = {
    "acme/base": {"downloads": 1000},
    "acme/tuned": {"downloads": 300},
    "bartowski/tuned-GGUF": {"downloads": 25, "format": "gguf"},
    "copier/base": {"downloads": 70, "card_problem": "yaml"},
    "guess/away-GGUF": {"downloads": 6, "format": "gguf"},
    "lone": {"downloads": 5},
    "mixer/merged": {"downloads": 40},
    "mixer/merged-GGUF": {"downloads": 20, "format": "gguf"},
    "mlxer/tuned-4bit": {"downloads": 60, "format": "mlx"},
    "namer/tuned-AWQ": {"downloads": 30},
    "other/base": {"downloads": 11},
    "texter/derived": {"downloads": 50, "produced_by": "bartowski"},
    "texter/derived-lora": {"downloads": 8},
}
EDGES = [
    edge("acme/tuned", "acme/base", "finetune", older_than_base=False),
    edge("bartowski/tuned-GGUF", "acme/tuned", "quantized"),
    edge("copier/base", "acme/base", "finetune", inferred="copy", older_than_base=True),
    edge("guess/away-GGUF", "far/away", "quantized", basis="inferred", rule="quantizer-suffix", older_than_base=True),
    edge("mixer/merged", "acme/base", "merge", position=0),
    edge("mixer/merged", "other/base", "merge", position=1),
    edge("mixer/merged-GGUF", "acme/base", "quantized", replaced=True),
    edge("mixer/merged-GGUF", "mixer/merged", "quantized", basis="inferred", rule="nearer"),
    edge("mlxer/tuned-4bit", "acme/tuned", "finetune", stated="quantized", corrected=True),
    edge("namer/tuned-AWQ", "acme/tuned", "quantized", basis="inferred", rule="quantizer-suffix"),
    edge("texter/derived", "gone/original", "quantized", basis="stated", rule="original-model"),
    edge("texter/derived-lora", "texter/derived", "adapter"),
]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The snapshot drawn above, published and opened again."""
    catalog = Catalog(tmp_path_factory.mktemp("home"))
    return Session(catalog.publish("drawn", *draw(MODELS, EDGES), False), catalog)


def numerators(session: Session, name: str, **options: Any) -> dict[str, int]:
    return {r.get("key") or r["rule"]: r["numerator"] for r in session.table(name, **options).to_pylist()}


# --- by hand ------------------------------------------------------------------------------------------


def test_info_counts_what_is_declared(hub: Session) -> None:
    (info,) = hub.table("info").to_pylist()
    expected = {"models": 13, "stubs": 0, "edges": 8, "edges_stated": 9, "edges_inferred": 11, "corrected": 1, "merge": 2,
                "finetune": 3, "quantized": 2, "adapter": 1, "copy": 0, "unlabelled": 0, "older_than_base": 1,
                "cards_unread": 1, "derived": 7, "edges_to_stubs": 0, "with_lineage": 523, "downloads": 1625}  # fmt: skip
    assert {name: info[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("basis", "expected"),
    [
        ("declared", {"R1": 25, "R2": 25, "R3": 85, "R4": 45, "R5": 85, "R6": 215}),
        # + the MLX conversion, what the prose names, and that account's second step
        ("stated", {"R1": 25, "R2": 143, "R3": 203, "R4": 155, "R5": 203, "R6": 273}),
        # + names and the copy; the GGUF of an account's own merge is nobody else's model any more
        ("inferred", {"R1": 25, "R2": 249, "R3": 249, "R4": 241, "R5": 289, "R6": 289}),
    ],
)
def test_the_rules_by_hand(hub: Session, basis: str, expected: dict[str, int]) -> None:
    found = hub.table("intermediaries", basis=basis).to_pylist()
    assert {r["rule"]: r["numerator"] for r in found} == expected
    assert {r["basis"] for r in found} == {basis}
    r2 = next(r for r in found if r["rule"] == "R2")
    assert (r2["numerator_repos"], r2["unlabelled"]) == {"declared": (25, 0), "stated": (135, 0), "inferred": (241, 0)}[
        basis
    ]


def test_shares_by_hand(hub: Session) -> None:
    family = {"declared": {"acme/base": 1495, "other/base": 31, "texter/derived": 58, "namer/tuned-AWQ": 30,
                           "guess/away-GGUF": 6, "lone": 5},
              "stated": {"acme/base": 1495, "other/base": 31, "gone/original": 58, "namer/tuned-AWQ": 30,
                         "guess/away-GGUF": 6, "lone": 5},
              "inferred": {"acme/base": 1515, "other/base": 41, "gone/original": 58, "far/away": 6, "lone": 5}}  # fmt: skip
    relation = {"declared": {"(none)": 1102, "finetune": 430, "quantized": 45, "merge": 40, "adapter": 8},
                "stated": {"(none)": 1052, "finetune": 370, "quantized": 155, "merge": 40, "adapter": 8},
                "inferred": {"(none)": 1016, "finetune": 300, "quantized": 191, "copy": 70, "merge": 40, "adapter": 8}}  # fmt: skip
    for basis in BASES:
        assert numerators(hub, "shares", by="family", basis=basis) == family[basis]
        assert numerators(hub, "shares", by="relation", basis=basis) == relation[basis]
        assert numerators(hub, "shares", by="format", basis=basis) == {"mlx": 60, "gguf": 51, "(unknown)": 1514}
        produced = numerators(hub, "shares", by="produced_by", basis=basis)
        assert (produced["bartowski"], produced["texter"], produced["(unknown)"]) == (75, 8, 5)
    origin = numerators(hub, "shares", by="origin", basis="stated")
    assert (origin["gone"], "far" in origin, "texter" in origin) == (58, False, False)


def test_rollups_by_hand(hub: Session) -> None:
    def of(model: str, basis: str, *columns: str, **options: Any) -> tuple[int, ...]:
        (row,) = hub.table("rollup", models=model, basis=basis, **options).to_pylist()
        return tuple(row[c] for c in columns)

    assert [of("acme/tuned", b, "full", "descendants", "children") for b in BASES] == [
        (385, 2, 2),
        (385, 2, 2),
        (415, 3, 3),
    ]
    assert [of("acme/base", b, "split", "primary") for b in BASES] == [(1495, 1515), (1495, 1515), (1515, 1545)]
    assert [of("acme/base", b, "count_copy", "downloads_copy", "count_finetune") for b in BASES] == [
        (0, 0, 3), (0, 0, 2), (1, 70, 1)]  # fmt: skip
    assert [of("acme/base", b, "own", "full", frame="format:gguf") for b in BASES] == [(0, 45)] * 3
    assert of("gone/original", "stated", "own", "full", "split", "children") == (0, 58, 58, 1)


def test_a_stub_is_there_from_its_least_basis_on(hub: Session) -> None:
    for basis, stubs in zip(BASES, ([], ["gone/original"], ["far/away", "gone/original"]), strict=True):
        rows = hub.table("rollup", basis=basis).to_pylist()
        assert [r["id"] for r in rows if r["stub"]] == sorted(stubs, key=lambda s: -{"far/away": 6}.get(s, 58))
        assert len(rows) == 13 + len(stubs)
        for missing in {"far/away", "gone/original"} - set(stubs):
            for name in ("rollup", "tree"):
                with pytest.raises(NotFound, match=f"--basis {'stated' if missing[0] == 'g' else 'inferred'}"):
                    hub.table(name, **{"models" if name == "rollup" else "model": missing}, basis=basis)
            with pytest.raises(NotFound) as caught:
                hub.table("tree", model=missing + "s", basis=basis)
            assert missing not in str(caught.value).replace(missing + "s", "")


def test_trees_say_what_is_not_declared(hub: Session) -> None:
    shown = {b: hub.table("tree", model="acme/base", basis=b).column("tree").to_pylist() for b in BASES}
    assert not [line for line in shown["declared"] + shown["stated"] if line.endswith(")") and "merge of" not in line]
    assert [line.strip("│├└─ ") for line in shown["inferred"] if "(inferred)" in line] == [
        "namer/tuned-AWQ (inferred)", "mixer/merged-GGUF (inferred)"]  # fmt: skip
    text = hub.table("tree", model="texter/derived-lora", basis="stated").to_pylist()
    assert [(r["tree"], r["relation"]) for r in text] == [
        ("gone/original", None), ("texter/derived (stated)", "quantized"), ("texter/derived-lora", "adapter")]  # fmt: skip
    copies = hub.table("tree", model="acme/base", basis="inferred", relation="copy").to_pylist()
    assert [r["id"] for r in copies] == ["acme/base", "copier/base"]
    with pytest.raises(UsageError, match="finetune, adapter, quantized, merge"):
        hub.table("tree", model="acme/base", relation="copy")


def test_pages_draw_what_is_not_declared_otherwise(hub: Session) -> None:
    pages = {b: hub.view_family("acme/base", basis=b) for b in BASES}
    assert ['stroke-dasharray="7 4"' in pages[b] and "Dashed:" in pages[b] for b in BASES] == [False, False, True]
    stated = hub.view_family("gone/original", basis="stated")
    assert 'stroke-dasharray="16 4"' in stated and "Long dashes:" in stated and '"known":{"1":"stated"}' in stated
    assert "0 are stated" not in pages["stated"] and "2 inferred from names" in pages["inferred"]


def test_bases_without_a_position_stand_by_id() -> None:
    both = [edge("c/both", "b/y", "merge", position=0), edge("c/both", "a/x", "merge", position=1)]
    told = [edge("d/told", "b/y", "merge"), edge("d/told", "a/x", "merge", basis="stated")]
    below = [edge("a/x", "top/m", "finetune"), edge("b/y", "top/m", "finetune")]
    session = opened({m: {"downloads": 1} for m in ("top/m", "a/x", "b/y", "c/both", "d/told")}, [*below, *both, *told])
    for basis in BASES:
        members = {m["id"]: m["parent"] for m in session.family_of("top/m", basis=basis).members.to_pylist()}
        first = "b/y" if basis == "declared" else "a/x"
        assert (members["c/both"], members["d/told"]) == ("b/y", first)
        rolled = {r["id"]: (r["primary"], r["split"]) for r in session.table("rollup", basis=basis).to_pylist()}
        assert (rolled["b/y"], rolled["a/x"]) == (((3, 3), (1, 1)) if basis == "declared" else ((2, 2), (2, 2)))


def test_the_frame_of_a_format(hub: Session) -> None:
    for frame in ("format:gguf", "format:GGUF"):
        (row,) = hub.table("intermediaries", rule="R4", frame=frame).to_pylist()
        assert (row["frame"], row["numerator"], row["denominator"]) == ("format:gguf", 45, 51)
    said: list[str] = []
    assert (
        hub.table("intermediaries", rule="R4", frame="format:ggufs", note=said.append).to_pylist()[0]["share"] is None
    )
    assert "Did you mean gguf?" in said[0]
    lineage = {b: numerators(hub, "shares", by="relation", frame="with-lineage", basis=b) for b in BASES}
    assert [sum(lineage[b].values()) for b in BASES] == [523, 573, 609]


def test_stores_hold_the_declared_graph(hub: Session) -> None:
    held = dict(graph.tables(hub.snapshot))
    assert held["model"].column("id").to_pylist() == sorted(MODELS)
    assert held["model"].column_names == list(graph.MODEL_COLUMNS)
    assert held["derived_from"].num_rows == 8
    assert set(held["derived_from"].column("basis").to_pylist()) == {"declared"}


# --- against the twin ---------------------------------------------------------------------------------


def check(session: Session, models: dict[str, Row], edges: list[Row], owners: dict[str, str], basis: str) -> None:
    """Every answer under `basis` is the twin's, and keeps the laws."""
    stored = session.snapshot.table("edges").to_pylist()
    twin = Twin(models, stored, basis)
    everything = {m: row["downloads"] for m, row in models.items()}
    derived = {m for m in models if twin.bases(m)}
    for frame, inside in (("all", set(models)), ("with-lineage", derived)):
        value = {m: everything[m] for m in inside}
        words = {"frame": frame, "basis": basis}
        rules = numerators(session, "intermediaries", **words)
        groups = {account.lower(): group for account, group in owners.items()}
        assert rules == {rule: twin.rule(rule, groups, STRICT, "0.8", inside) for rule in RULES}
        assert rules["R4"] <= rules["R5"] <= rules["R6"]
        counted = Counter[str]()
        listed = session.table("intermediaries", members=True, **words).to_pylist()
        for row in listed + session.table("shares", by="relation", members=True, **words).to_pylist():
            counted[row.get("rule", "")] += row["counted"]
            assert row["base"] == next(iter(twin.bases(row["id"])), None)
            assert row["relation"] == twin.relation(row["id"])
        assert {rule: counted[rule] for rule in RULES} == rules
        split = twin.split(value)
        assert sum(split.values()) == sum(value.values())
        family = {root: (v, len((twin.below[root] | twin.group[root]) & inside)) for root, v in split.items()}
        found = session.table("shares", by="family", **words).to_pylist()
        assert {r["key"]: (r["numerator"], r["models"]) for r in found} == {k: v for k, v in family.items() if any(v)}
        by_relation = Counter[str]()
        for m in inside:
            by_relation[{None: "(none)", "unlabelled": "(unknown)"}.get(r := twin.relation(m), r)] += value[m]  # type: ignore[arg-type]
        assert numerators(session, "shares", by="relation", **words) == dict(by_relation)
        for by in CUTS if frame == "all" else ():
            assert sum(numerators(session, "shares", by=by, **words).values()) == sum(value.values()), by
        rolled = {r.pop("id"): r for r in session.table("rollup", **words).to_pylist()}
        expected = twin.rollup(value)
        assert {m: {c: row[c] for c in ROLLUP_COLUMNS} for m, row in rolled.items()} == expected
        assert {m for m, row in rolled.items() if row["stub"]} == twin.stubs
    expected = twin.rollup(everything)
    for model in sorted(twin.whole)[::3][:3]:
        look_at(session, twin, basis, expected, model)


def look_at(session: Session, twin: Twin, basis: str, expected: dict[str, Row], model: str) -> None:
    """The family of a model: its members and links, as a tree, and as a networkx graph."""
    family = session.family_of(model, basis=basis)
    members = {m["id"]: m for m in family.members.to_pylist()}
    assert set(members) == twin.below[model] | twin.group[model]
    links = {(e["child"], e["base"]): (e["relation"], e["basis"]) for e in family.links.to_pylist()}
    assert links == {ends: (e["relation"], e["basis"]) for ends, e in twin.edges.items() if ends[0] in members}
    for name, member in members.items():
        bases = twin.bases(name)
        row = expected[name] | {"bases": len(bases), "relation": twin.relation(name)}
        row["cycle"] = min(twin.group[name]) if len(twin.group[name]) > 1 else None
        row["relation"] = None if row["relation"] == "unlabelled" else row["relation"]
        columns = ("full", "descendants", "children", "bases", "relation", "cycle")
        assert {c: member[c] for c in columns} == {c: row[c] for c in columns}
        base = next(iter(bases), None) if name == model else member["parent"]
        outside = [b for b in bases if b in members and b not in twin.group[name]]
        assert name == model or not outside or member["parent"] == outside[0]
        assert member["known"] == (links[name, base][1] if base else None)
    direct = {b: 1 for c, b in twin.edges if c == model}
    away = {a: d for (m, a), d in twin.steps().items() if m == model} | direct
    assert {a["id"]: a["distance"] for a in family.above.to_pylist()} == away
    lines = session.table("tree", model=model, basis=basis, width=None, up=False).column("id").to_pylist()
    assert sorted(lines) == sorted(members)
    exported = session.to_networkx(model, basis=basis)
    assert set(exported) == set(members) | set(away)
    inside = {ends: e["relation"] for ends, e in twin.edges.items() if set(ends) <= set(exported)}
    assert {(c, b): e["relation"] for c, b, e in exported.edges(data=True)} == inside
    assert all(n["relation"] == twin.relation(m) for m, n in exported.nodes(data=True))


@pytest.mark.parametrize("basis", BASES)
def test_every_answer_is_the_twins_on_the_drawn_snapshot(hub: Session, basis: str) -> None:
    check(hub, MODELS, EDGES, {}, basis)


@pytest.mark.parametrize("basis", BASES[1:])  # for declared: test_answers.py
def test_rules_and_families_of_the_sample_are_the_twins(sample: Session, basis: str) -> None:
    stored = sample.snapshot.table("models").to_pylist()
    models = {m["id"]: {"downloads": m["downloads"]} for m in stored if not m["stub"]}
    twin = Twin(models, sample.snapshot.table("edges").to_pylist(), basis)
    known = reference.publishers(None, sample.snapshot.taken_at)
    groups = {account: "group " + p.owner_group for account, p in known.items() if p.owner_group}
    rules = {rule: twin.rule(rule, groups, STRICT, "0.8", set(models)) for rule in RULES}
    assert numerators(sample, "intermediaries", basis=basis) == rules
    split = twin.split({m: row["downloads"] for m, row in models.items()})
    assert numerators(sample, "shares", by="family", basis=basis) == {
        m: v for m, v in split.items() if v or m in models
    }


def test_a_basis_that_was_not_built_in_is_refused() -> None:
    session = opened({"a/b": {"downloads": 1}}, [])
    session.snapshot.manifest["basis"] = ["declared"]
    with pytest.raises(UsageError, match="holds the basis declared only"):
        session.table("rollup", basis="inferred")
    (info,) = session.table("info").to_pylist()
    assert (info["edges_stated"], info["edges_inferred"]) == (None, None)


@settings(max_examples=10, deadline=None)
@given(drawings())
def test_every_answer_is_the_twins(drawn: tuple[dict[str, Row], list[Row], dict[str, str]]) -> None:
    session = opened(*drawn)
    for basis in BASES:
        check(session, *drawn, basis)


@settings(max_examples=6, deadline=None)
@given(drawings(bases=("declared",)))
def test_where_all_is_declared_the_dial_changes_nothing(
    drawn: tuple[dict[str, Row], list[Row], dict[str, str]],
) -> None:
    session = opened(*drawn)

    def said(basis: str) -> list[Any]:
        tables = [session.table("shares", by=by, basis=basis) for by in CUTS]
        tables += [session.table("shares", by=by, basis=basis, members=True) for by in CUTS]
        tables += [
            session.table("intermediaries", basis=basis, members=m, owner=o)
            for m in (0, 1)
            for o in ("group", "account")
        ]
        tables += [
            session.table("rollup", basis=basis, frame=frame) for frame in ("all", "with-lineage", "format:gguf")
        ]
        named = [m for m in sorted(drawn[0]) if m]
        tables += [session.table("tree", model=m, basis=basis) for m in named]
        rows = [{k: v for k, v in row.items() if k != "basis"} for table in tables for row in table.to_pylist()]
        return [*rows, *[session.to_networkx(m, basis=basis).adj for m in named], [t.schema for t in tables]]

    assert said("declared") == said("stated") == said("inferred")


def test_more_ancestors_than_are_stored() -> None:
    steps = [f"a/{i:04}" for i in range(1010)]
    edges = [edge(steps[i], steps[i - 1], "finetune", basis="stated") for i in range(1, 1010)]
    session = opened({name: {"downloads": 1} for name in steps}, edges)
    (row,) = session.table("shares", by="family", basis="stated").to_pylist()
    assert (row["key"], row["numerator"], row["models"]) == ("a/0000", 1010, 1010)
    assert len(numerators(session, "shares", by="family")) == 1010
    first, last = session.table("rollup", models=["a/0000", "a/1009"], basis="stated").to_pylist()
    assert (first["full"], first["descendants"], first["count_finetune"], last["full"]) == (1010, 1009, 1009, 1)
    deep = "9 models of this snapshot have more than 1,000 ancestors, and not all are listed."
    assert deep in session.family_of("a/0000", basis="inferred").notes
    said: list[str] = []
    session.table("tree", model="a/0000", basis="inferred", note=said.append)
    assert deep in said
