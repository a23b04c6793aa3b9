"""Graphs of extreme shape (S8): every command ends in bounded time and memory, says no wrong number, and says the cap."""

import shlex
import shutil
from pathlib import Path

import pyarrow.compute as pc
import pytest

from lineage.catalog import Catalog
from lineage.session import Session
from tests import walk
from tests.shapes import SHAPES, TOP, Shape

#: Seconds of CPU and bytes of memory that a command may take, small and in full size. The build has more: it also
#: makes the ancestry, of up to 64 million pairs.
SMALL, FULL, BUILD = 20, 60, 240
MEMORY = 4 << 30

#: Pages weigh a megabyte, reports half of one, at any size.
PAGES = {"view family": 1_000_000, "view ancestors": 1_000_000, "view publisher": 1_000_000, "report": 500_000}


def test_every_command_is_walked_or_has_a_reason() -> None:
    known = set(walk.ASKED) | set(walk.NOT_ASKED)
    assert set(walk.commands()) == known


def built(shape: Shape, folder: Path, cap: int) -> walk.Ran:
    home = folder / "home"
    home.mkdir()
    source = str(shape.write(folder))
    ran = walk.run(["build", source, "--name", "shape", "--taken-at", "2026-10-03"], home, cap)
    assert ran.code == 0, ran.err
    small = walk.run(["build", "sample", "--name", "other"], home, cap)
    assert small.code == 0
    assert walk.run(["snapshots", "use", "shape"], home, cap).code == 0
    return ran


def check_numbers(shape: Shape, session: Session) -> None:
    """What is known of the shape without counting, of every model."""
    (info,) = session.table("info").to_pylist()
    assert (info["models"], info["cycles"]) == (shape.n, shape.cycles)
    (row,) = session.table("rollup", models=[TOP]).to_pylist()
    assert (row["descendants"], row["full"]) == (shape.descendants[0], shape.full[0])
    columns = ["id", "descendants", "full", "split", "generation", "cycle"]
    models = session.snapshot.table("models", columns)
    order = pc.index_in(shape.ids, models.column("id").combine_chunks())
    found = models.take(order)
    assert found.column("descendants").to_pylist() == shape.descendants.tolist()
    assert found.column("full").to_pylist() == shape.full.tolist()
    of_roots = [r for r in models.to_pylist() if r["generation"] == 0 and r["cycle"] in (None, r["id"])]
    assert sum(r["split"] for r in of_roots) == shape.downloads.sum()
    if shape.deep is not None:
        assert len(session.snapshot.manifest["deep"]) == shape.deep


def faults(command: str, done: walk.Ran, out: Path) -> list[str]:
    """What is wrong with a run and with what it wrote."""
    last = done.err.strip().splitlines()[-1:] or [""]
    wrong = []
    if done.code not in (0, 1, 2):
        wrong.append(f"ended with {done.code}: {done.err[-500:]}")
    elif done.code and not last[0].startswith("Error: ") and not done.err.startswith("Error: "):
        wrong.append(f"refused without a sentence: {done.err[-500:]}")
    if "Traceback" in done.err or "should not have happened" in done.err:
        wrong.append(done.err[-2000:])
    if done.peak >= MEMORY:
        wrong.append(f"{done.peak >> 20} MB of memory")
    for path in out.glob("*.html"):
        if path.stat().st_size > PAGES.get(command, 5_000_000):
            wrong.append(f"a page of {path.stat().st_size:,} bytes")
    return wrong


def walked(shape: Shape, folder: Path, cap: int) -> tuple[list[walk.Ran], list[str]]:
    """Every line, and what was wrong with any."""
    ran, wrong = [], []
    out = folder / "given"
    for command, line, stdin in walk.lines(TOP, shape.far, out, "other"):
        out.mkdir()
        done = walk.run(line, folder / "home", cap, stdin)
        wrong += [f"{shlex.join(line)}: {fault}" for fault in faults(command, done, out)]
        shutil.rmtree(out)
        ran.append(done)
    return ran, wrong


@pytest.mark.parametrize("name", SHAPES)
def test_numbers_of_small_shapes(name: str, tmp_path: Path) -> None:
    shape = SHAPES[name][1]()
    from lineage.pipeline import build

    catalog = Catalog(tmp_path / "home")
    built = build(str(shape.write(tmp_path)), catalog=catalog, taken_at="2026-10-03")
    check_numbers(shape, Session(built.snapshot, catalog))


@pytest.mark.soak
@pytest.mark.parametrize("name", SHAPES)
def test_every_command_on_a_shape_in_full_size(name: str, tmp_path: Path) -> None:
    shape = SHAPES[name][0]()
    made = built(shape, tmp_path, BUILD)
    assert made.peak < MEMORY
    check_numbers(shape, Session.open("shape", home=tmp_path / "home"))
    ran, wrong = walked(shape, tmp_path, FULL)
    worst = max(ran, key=lambda r: r.cpu)
    largest = max(ran, key=lambda r: r.peak)
    refused = [r for r in ran if r.code]
    print(f"\n{name}: build {made.cpu:.1f} s CPU, {made.peak >> 20} MB; {len(ran)} commands, {len(wrong)} failed, "
          f"{len(refused)} refused with a sentence; slowest {worst.cpu:.1f} s: {worst.line[:90]}; "
          f"most memory {largest.peak >> 20} MB: {largest.line[:90]}")  # fmt: skip
    for r in refused:
        print(f"  refused: {r.line[:100]}: {(r.err.strip().splitlines() or [r.code])[-1]}"[:320])
    assert wrong == []
