"""Flows: base publisher, server, key. A slow twin in plain Python, and the law that the rows add up to the frame."""

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.answers.flows import BY
from lineage.errors import UsageError
from lineage.reference import intermediaries, list_said
from lineage.schema import BASES, WINDOWS
from lineage.session import Session
from lineage.views.flows_drawn import drawn
from tests.test_laws import FRAMES, believed, hubs, total

LABEL = {"declared": "relation", "stated": "relation_stated", "inferred": "relation_inferred"}
WORDS = ("base_publisher", "server", "server_kind", "key")


def twin(session: Session, by: str, basis: str, owner: str, **frame: Any) -> set[tuple[Any, ...]]:
    """The rows, the obvious way: model by model, base by base."""
    snapshot = session.snapshot
    models = snapshot.table("models").to_pylist()
    row = {m["id"]: m for m in models}
    group = {p["publisher"]: p["owner_group"] for p in snapshot.table("publishers").to_pylist()}
    listed = {a.lower() for a in intermediaries()}
    bases: dict[str, list[tuple[int, str, str | None]]] = defaultdict(list)
    for e in snapshot.table("edges").to_pylist():
        if believed(e, basis):
            place = 2**31 if e["position"] is None else e["position"]
            bases[e["child"]].append((place, e["base"], e[LABEL[basis]]))

    def owned(account: str | None) -> str:
        name = group.get(account or "") if owner == "group" else None
        return f"group {name.lower()}" if name else f"account {account}"

    selection = session.select(basis=basis, **frame)
    downloads: dict[tuple[Any, ...], int] = defaultdict(int)
    held: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for m, inside, value in zip(models, selection.inside.tolist(), selection.value.tolist(), strict=True):
        if not inside:
            continue
        host, mine = m["publisher"], sorted(bases[m["id"]], key=lambda b: b[:2])
        for place, (_, base, label) in enumerate(mine or [(0, m["id"], None)]):
            above = row[base]["publisher"]
            if above == host:
                kind = "own"
            elif owned(above) == owned(host):
                kind = "owner"
            else:
                kind = "intermediary" if (host or "").lower() in listed else "other"
            key = "(none)" if not mine else (label if by == "relation" else m["format"]) or "(unknown)"
            cell = (above or "(unknown)", host or "(unknown)", kind, key)
            count = max(len(mine), 1)
            downloads[cell] += value // count + (place < value % count)
            held[cell].add(m["id"])
    return {(*cell, value, len(held[cell])) for cell, value in downloads.items()}


def found(session: Session, **options: Any) -> list[dict[str, Any]]:
    return session.table("flows", **options).to_pylist()


def told(rows: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    return {tuple(r[c] for c in (*WORDS, "downloads", "models")) for r in rows}


@settings(max_examples=10, deadline=None)
@given(
    hubs(), st.sampled_from(FRAMES), st.sampled_from(BASES), st.sampled_from(BY), st.sampled_from(["group", "account"])
)
def test_rows_are_the_twins_and_add_up(session: Session, frame: list[str], basis: str, by: str, owner: str) -> None:
    for window in WINDOWS:
        rows = found(session, by=by, frame=frame, window=window, basis=basis, owner=owner)
        assert told(rows) == twin(session, by, basis, owner, frame=frame, window=window)
        assert len({tuple(r[c] for c in WORDS) for r in rows}) == len(rows)
        whole = total(session, frame, window, basis)
        assert sum(r["downloads"] for r in rows) == whole
        assert all(r["denominator"] == whole and (r["window"], r["basis"]) == (window, basis) for r in rows)
        assert rows == sorted(rows, key=lambda r: (-r["downloads"], r["base_publisher"], r["server"], r["key"]))
        made = drawn(session.table("flows", by=by, frame=frame, window=window, basis=basis, owner=owner), 2, 1, 1)
        assert made.alone + sum(p.downloads for p in made.parts) == whole == made.whole


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("frame", [["all"], ["gguf"], ["with-lineage"], ["text-generation"]])
def test_the_samples_are_the_twins(sample: Session, frame: list[str], basis: str) -> None:
    for by in BY:
        rows = found(sample, by=by, frame=frame, basis=basis)
        assert told(rows) == twin(sample, by, basis, "group", frame=frame)
        assert sum(r["downloads"] for r in rows) == sample.select(frame, basis=basis).denominator


def test_a_drawn_hub_by_hand(build_rows: Any) -> None:
    def row(id: str, downloads: int, *bases: str, relation: str = "quantized") -> dict[str, Any]:
        card = {"base_model": list(bases), "base_model_relation": relation} if bases else {}
        return {"id": id, "downloads": downloads, "tags": [], "cardData": card}

    session = build_rows(
        [
            row("ann/base", 100),
            row("ANN/tuned", 10, "ann/base", relation="finetune"),
            row("TheBloke/base-GGUF", 7, "ann/base"),
            row("bob/merge", 5, "ann/base", "gone/stub", relation="merge"),
            row("alone", 3),
        ]
    )
    (maker,) = {r["base_publisher"] for r in found(session)} & {"ann", "ANN"}  # one account, spelled one way
    assert told(found(session)) == {
        (maker, maker, "own", "(none)", 100, 1),
        (maker, maker, "own", "finetune", 10, 1),
        (maker, "TheBloke", "intermediary", "quantized", 7, 1),
        (maker, "bob", "other", "merge", 3, 1),
        ("gone", "bob", "other", "merge", 2, 1),
        ("(unknown)", "(unknown)", "own", "(none)", 3, 1),
    }


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"by": "relations"}, "Flows end in relation or format"),
        ({"owner": "x"}, "owner"),
        ({"list": "nope"}, "no list"),
    ],
)
def test_bad_words_are_sentences(sample: Session, options: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        found(sample, **options)


def test_what_is_said_of_a_list(tmp_path: Any) -> None:
    assert list_said("ten-accounts-2024")[:3] == ("ten-accounts-2024", 10, "2024-09-20")
    assert list_said()[0] == "strict" and list_said()[1] == len(intermediaries())
    own = tmp_path / "mine.txt"
    own.write_text("bob\nann\n", encoding="utf-8")
    name, accounts, newest, digest = list_said(str(own))
    assert (name, accounts, newest) == ("mine.txt", 2, "") and len(digest) == 12
