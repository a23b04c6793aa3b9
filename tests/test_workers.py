"""Worker processes: whatever an item does, the others get their results, in order, and nothing is left behind."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.errors import SourceError
from lineage.reading.workers import each
from tests.hostile_cards import HOSTILE, damaged

ROOT = Path(__file__).resolve().parent.parent
ACT = "tests.poison:act"

#: What becomes of each word.
REASONS = {
    "segfault": "crashed",
    "exit": "crashed",
    "hang": "timeout",
    "raise": "failed",
    "leave": "failed",
    "recurse": "failed",
    "unpicklable": "failed",
    "eat": "out-of-memory",
}
RESULTS = {"print": "printed", "big": "y" * (8 << 20), "surrogate": "\ud800", "sleep": "slept"}


def expected(item: Any) -> tuple[Any, str | None]:
    if isinstance(item, int):
        return 2 * item, None
    return (None, REASONS[item]) if item in REASONS else (RESULTS[item], None)


def workers_of_mine() -> list[psutil.Process]:
    """The worker processes that live; a test run has other children too, a Neo4j for one."""
    return [p for p in psutil.Process().children() if "lineage.reading.workers" in " ".join(p.cmdline())]


def run(items: list[Any], **options: Any) -> list[tuple[Any, str | None]]:
    return list(each(ACT, items, **({"workers": 2, "seconds": 0.7, "memory": 300 << 20} | options)))


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """No test leaves a process or a thread, not even a dead one."""
    before = set(psutil.Process().children(recursive=True))
    threads = threading.active_count()
    yield
    assert set(psutil.Process().children(recursive=True)) <= before
    assert threading.active_count() <= threads


@pytest.mark.parametrize("word", [*REASONS, *RESULTS])
def test_one_bad_item_amid_good_ones(word: str) -> None:
    items = [*range(100), word, *range(100, 200)]
    assert run(items) == [expected(i) for i in items]


def test_all_bad_items_at_once_and_side_by_side() -> None:
    bad = [*REASONS, *RESULTS]
    items = [*range(50), *bad, *range(30), *reversed(bad), 7]
    assert run(items) == [expected(i) for i in items]


def test_a_batch_of_nothing_but_crashes() -> None:
    assert run(["exit"] * 10, batch=4) == [(None, "crashed")] * 10


@pytest.mark.parametrize("batch", [1, 3, 64, 1000])
@pytest.mark.parametrize("workers", [1, 3])
def test_order_does_not_depend_on_batches_and_workers(batch: int, workers: int) -> None:
    items: list[Any] = [*range(150), "exit", *range(50), "raise", "segfault"]
    assert run(items, batch=batch, workers=workers) == [expected(i) for i in items]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(st.integers(), st.sampled_from(["exit", "raise", "segfault", "print", "surrogate"])), max_size=12
    ),
    st.integers(1, 5),
    st.integers(1, 2),
)
def test_any_mixture(items: list[Any], batch: int, workers: int) -> None:
    assert run(items, batch=batch, workers=workers) == [expected(i) for i in items]


def test_no_items_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    assert run([]) == []


def test_a_slow_batch_is_no_hang() -> None:
    """Items that take long together, each well within its time, are no timeout."""
    assert run(["sleep"] * 6, workers=1, seconds=0.7, batch=6) == [("slept", None)] * 6


def test_items_without_end_never_sit_in_memory() -> None:
    read = 0

    def endless() -> Iterator[int]:
        nonlocal read
        while True:
            yield read
            read += 1

    results = each(ACT, endless(), workers=2, batch=10)
    for n, (result, reason) in enumerate(itertools.islice(results, 5000)):
        assert (result, reason) == (2 * n, None)
        # Two batches for each of two workers, and the one that is being yielded.
        assert read <= n + 10 * (2 * 2 + 1)
    results.close()


def test_large_items_and_results_do_not_lock() -> None:
    items = ["big", 5, "big"] * 4
    assert run(items, batch=3) == [expected(i) for i in items]
    text = "z" * (20 << 20)
    assert list(each("builtins:len", [text] * 3, workers=1, batch=3)) == [(len(text), None)] * 3


def test_an_item_too_large_for_a_worker_is_out_of_memory() -> None:
    items = ["a", "b" * (100 << 20), "c"]
    assert list(each("builtins:len", items, workers=1, memory=60 << 20)) == [
        (1, None),
        (None, "out-of-memory"),
        (1, None),
    ]


def test_workers_are_kept_and_only_the_dead_are_replaced() -> None:
    pids = [pid for pid, _ in run(["pid"] * 300, workers=2, batch=10)]
    assert len(set(pids)) <= 2
    assert os.getpid() not in pids
    pids = [pid for pid, _ in run(["pid"] * 5 + ["exit"] + ["pid"] * 5, workers=1) if pid]
    assert len(set(pids)) == 2


def test_the_consumer_stops() -> None:
    results = each(ACT, itertools.count(), workers=2)
    assert next(results) == (0, None)
    assert len(workers_of_mine()) >= 1
    results.close()
    assert workers_of_mine() == []


def test_the_consumer_fails() -> None:
    def consume() -> None:
        for result, _ in each(ACT, itertools.count(), workers=2):
            assert result / 0

    with pytest.raises(ZeroDivisionError):
        consume()
    assert workers_of_mine() == []


def test_the_items_fail() -> None:
    def broken() -> Iterator[int]:
        yield from range(1000)
        raise LookupError("the source ends here")

    with pytest.raises(LookupError):
        list(each(ACT, broken(), workers=2, batch=8))
    assert workers_of_mine() == []


def test_an_item_that_cannot_be_sent_is_the_callers_error() -> None:
    with pytest.raises((AttributeError, TypeError)):
        run([1, threading.Lock()])


def test_a_hang_does_not_hold_up_the_end() -> None:
    started = time.monotonic()
    results = each(ACT, [1, *["hang"] * 20], workers=2, batch=1, seconds=30.0)
    assert next(results) == (2, None)
    results.close()
    assert time.monotonic() - started < 25


@pytest.mark.parametrize("executable", ["/nonexistent/python", "/bin/false"])
def test_a_worker_that_cannot_be_started(executable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    with pytest.raises(SourceError, match=r"^A worker process cannot be started: .*\. Check that /"):
        run([1, 2])


@pytest.mark.parametrize("task", ["tests.poison:nothing", "tests.nothing:act"])
def test_a_function_that_does_not_exist(task: str) -> None:
    with pytest.raises(SourceError, match=rf"{task} cannot be loaded \("):
        list(each(task, [1, 2], workers=1))


def test_nothing_in_the_current_folder_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pickle.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    assert run([1, 2]) == [(2, None), (4, None)]


PARENT = """
import sys
from lineage.reading.workers import each
from tests.hostile_cards import HOSTILE, damaged
if __name__ == "__main__":
    print("ready", flush=True)
    for result, _ in each("tests.poison:act", {items}, workers=2, batch=4, seconds=1.0):
        print(result, flush=True)
"""


def _parent(items: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", PARENT.format(items=items)], stdout=subprocess.PIPE, text=True, env=environment
    )


@pytest.mark.parametrize("items", ["iter(int, 1)", "[1, 2, 3, 4, *['hang'] * 100]"])
def test_workers_end_when_their_parent_is_killed(items: str) -> None:
    with _parent(items) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "ready\n"
        parent.stdout.readline()
        workers = psutil.Process(parent.pid).children(recursive=True)
        assert workers
        parent.kill()
        parent.wait()
        _, alive = psutil.wait_procs(workers, timeout=30)
        assert alive == []


def test_ctrl_c_ends_everything_and_is_seen_by_the_parent_alone() -> None:
    with _parent("iter(int, 1)") as parent:
        assert parent.stdout
        for _ in range(50):
            parent.stdout.readline()
        workers = psutil.Process(parent.pid).children(recursive=True)
        for process in workers:
            process.send_signal(signal.SIGINT)
        assert parent.stdout.readline() == "0\n"
        parent.send_signal(signal.SIGINT)
        rest = threading.Thread(target=parent.stdout.read)
        rest.start()
        assert parent.wait(30) in (-signal.SIGINT, 1, 130)
        rest.join()
        _, alive = psutil.wait_procs(workers, timeout=30)
        assert alive == []


def test_workers_killed_from_outside() -> None:
    """A batch whose worker is killed is run again: at most the item that dies a second time is given up."""
    count, kills, given_up = 0, 0, 0
    for count, (pid, reason) in enumerate(each(ACT, ["pid"] * 1500, workers=2, batch=16), 1):
        if reason:
            assert (pid, reason) == (None, "crashed")
            given_up += 1
        elif count % 100 == 0:
            for child in workers_of_mine():
                if child.pid == pid:
                    child.kill()
                    kills += 1
    assert count == 1500
    assert kills > 0
    assert given_up <= kills


def test_importing_it_is_cheap() -> None:
    code = "import sys, lineage.reading.workers; print(*sorted(sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"numpy", "pyarrow", "yaml", "subprocess", "concurrent.futures", "multiprocessing"} & set(output.split())


# Cards, for which all this is.

READ = "tests.poison:read"


def test_hostile_cards_cost_little() -> None:
    """Within a second and 200 MB each; the caps here are wider, for machines that are busy."""
    lines = []
    (start, _), *_ = each(READ, [""], workers=1)
    peak_before = start[2]
    results = each(READ, HOSTILE.values(), workers=1, batch=1, seconds=30)
    for (name, text), (result, reason) in zip(HOSTILE.items(), results, strict=True):
        assert reason is None, name
        outcome, seconds, peak = result
        lines.append(f"{seconds:6.3f} s  {peak - peak_before:5.1f} MB  {len(text):9,} characters  {name}: {outcome}")
        assert seconds < 10, name
        assert peak - peak_before < 200, name
    print("", *lines, sep="\n")  # shown by -s


def _fuzz(count: int, seed: int) -> tuple[Counter[str], float]:
    """What became of so many damaged cards, and how much a worker grew over them, in MB."""
    outcomes: Counter[str] = Counter()
    peaks = []
    for result, reason in each(READ, damaged(count, seed), seconds=20):
        outcomes[reason or result[0]] += 1
        if result:
            peaks.append(result[2])
    return outcomes, max(peaks) - min(peaks)


def test_ten_thousand_damaged_cards() -> None:
    outcomes, _ = _fuzz(10_000, 20261122)
    assert outcomes.total() == 10_000
    assert not {"crashed", "timeout", "out-of-memory", "failed", "unreadable"} & set(outcomes)
    # The damage is of many kinds, and much survives it.
    kinds = ("read", "nothing", "yaml-error", "no-closing-fence", "not-a-mapping", "too-deep")
    assert min(outcomes[kind] for kind in kinds) >= 20


@pytest.mark.soak
def test_a_hundred_thousand_damaged_cards() -> None:
    outcomes, growth = _fuzz(100_000, 1)
    print(f"\n{dict(outcomes.most_common())}, a worker grew by {growth:.0f} MB")
    assert outcomes.total() == 100_000
    assert not {"crashed", "timeout", "out-of-memory", "failed", "unreadable"} & set(outcomes)
    assert growth <= 200
