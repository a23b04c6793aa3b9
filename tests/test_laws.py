"""Laws that every share keeps, in every frame, window and basis, on drawn graphs with cycles, merges and stubs."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.answers.cuts import CUTS, UNKNOWN
from lineage.schema import BASES, RULES, WINDOWS
from lineage.session import Session
from tests.twin import Row, drawings, opened

#: The snapshot's day, and days around both ends of the year before it.
TAKEN = datetime(2024, 9, 20, tzinfo=UTC)
DAYS = (None, -366, -365, -364, -30, 0, 1)
FRAMES = (
    ["all"],
    ["with-lineage"],
    ["gguf"],
    ["text-generation"],
    ["format:gguf"],
    ["library:peft"],
    ["gguf", "with-lineage"],
)

_SAYS = st.fixed_dictionaries(
    {
        "downloads_all_time": st.integers(0, 99),
        "created_at": st.sampled_from(DAYS).map(lambda d: None if d is None else TAKEN + timedelta(days=d)),
        "licences": st.sampled_from([None, ["mit"], ["apache-2.0", "mit"], ["a", "b", "c"]]),
        "pipeline_tag": st.sampled_from([None, "text-generation", "fill-mask"]),
        "library": st.sampled_from([None, "peft"]),
        "gguf": st.booleans(),
        "produced_by": st.sampled_from([None, "bartowski", "ann"]),
    }
)
_COUNTRIES = st.lists(st.sampled_from(["CN", "DE", "US"]), unique=True).map(sorted)


@st.composite
def hubs(pick: st.DrawFn) -> Session:
    """A drawn graph whose models say all that a cut or a frame asks for."""
    models, edges, owners = pick(drawings())
    full: dict[str, Row] = {name: row | pick(_SAYS) for name, row in models.items()}
    session = opened(full, edges, owners, {a: pick(_COUNTRIES) for a in ("ann", "bob", "bartowski", "far")})
    session.snapshot.manifest["columns"] += ["downloads_all_time", "created_at"]
    return session


def rows(session: Session, name: str, **options: Any) -> list[Row]:
    return session.table(name, **options).to_pylist()


def total(session: Session, frame: list[str], window: str, basis: str) -> int:
    """What the frame holds, looked up model by model."""
    derived = {e["child"] for e in session.snapshot.table("edges").to_pylist() if believed(e, basis)}
    young = (TAKEN - timedelta(days=365), TAKEN)
    found = 0
    for m in session.snapshot.table("models").to_pylist():
        inside = {
            "all": True, "with-lineage": m["id"] in derived, "gguf": m["gguf"], "format:gguf": m["format"] == "gguf",
            "text-generation": m["pipeline_tag"] == "text-generation", "library:peft": m["library"] == "peft",
        }  # fmt: skip
        dated = window != "under_1y" or (m["created_at"] is not None and young[0] <= m["created_at"] <= young[1])
        if not m["stub"] and dated and all(inside[f] for f in frame):
            found += m[WINDOWS[window]] or 0
    return found


def believed(edge: Row, basis: str) -> bool:
    return BASES.index(edge["basis"]) <= BASES.index(basis) and not (basis == "inferred" and edge["replaced"])


@settings(max_examples=6, deadline=None)
@given(hubs(), st.sampled_from(FRAMES), st.sampled_from(BASES))
def test_every_cut_adds_up_and_its_members_are_its_numerators(session: Session, frame: list[str], basis: str) -> None:
    for window in WINDOWS:
        words = {"frame": frame, "window": window, "basis": basis}
        whole = total(session, **words)
        for by in CUTS:
            found = rows(session, "shares", by=by, **words)
            assert sum(r["numerator"] for r in found) == whole, by
            assert {r["denominator"] for r in found} <= {whole}
            for limit in (0, 1):
                short = rows(session, "shares", by=by, limit=limit, **words)
                assert sum(r["numerator"] for r in short) == whole, (by, limit)
            members = rows(session, "shares", by=by, members=True, **words)
            counted = Counter[str]()
            held = Counter(m["key"] for m in members)
            for m in members:
                counted[m["key"]] += m["counted"] or 0
            if by not in ("family", "origin"):
                assert dict(counted) == {r["key"]: r["numerator"] for r in found}, by
                assert dict(held) == {r["key"]: r["models"] for r in found}, by


@settings(max_examples=6, deadline=None)
@given(hubs(), st.sampled_from(FRAMES), st.sampled_from(BASES))
def test_rules_keep_their_order_and_their_members_add_up(session: Session, frame: list[str], basis: str) -> None:
    for window in WINDOWS:
        words = {"frame": frame, "window": window, "basis": basis}
        found = {r["rule"]: r for r in rows(session, "intermediaries", **words)}
        counted = Counter[str]()
        for m in rows(session, "intermediaries", members=True, **words):
            counted[m["rule"]] += m["counted"]
        assert {r: counted[r] for r in RULES} == {r: row["numerator"] for r, row in found.items()}
        assert found["R4"]["numerator"] <= found["R5"]["numerator"] <= found["R6"]["numerator"]
        assert found["R2"]["numerator"] <= found["R3"]["numerator"]
        for row in found.values():
            assert 0 <= row["numerator_repos"] <= row["numerator"] <= row["denominator"]
            assert row["unlabelled"] <= row["numerator"]
        # A range of thresholds only ever lets go.
        falling = [
            r["numerator"] for r in rows(session, "intermediaries", rule="R2", threshold=["0", "0.5", "1"], **words)
        ]
        assert falling == sorted(falling, reverse=True)


@settings(max_examples=6, deadline=None)
@given(hubs(), st.sampled_from(FRAMES))
def test_by_publisher_and_by_origin_reconcile(session: Session, frame: list[str]) -> None:
    """Both hold the same downloads; they differ by exactly what hangs on others' roots."""
    split = Counter[str]()
    account = {m["id"]: m["publisher"] or UNKNOWN for m in session.snapshot.table("models").to_pylist()}
    for r in rows(session, "shares", by="family", frame=frame):
        split[account[r["key"]]] += r["numerator"]
    origin = {r["key"]: r["numerator"] for r in rows(session, "shares", by="origin", frame=frame)}
    assert {k: v for k, v in origin.items() if v} == {k: v for k, v in split.items() if v}
    host = {r["key"]: r["numerator"] for r in rows(session, "shares", by="publisher", frame=frame)}
    assert sum(host.values()) == sum(origin.values())
    if not session.snapshot.table("edges").num_rows:
        assert host == origin  # where nothing is derived, who hosts is whose it is
