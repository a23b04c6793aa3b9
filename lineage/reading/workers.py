"""A function over many items in worker processes, which may crash, hang or eat memory and take nothing along.

Each worker is an interpreter of its own (`python -m lineage.reading.workers`), fed over its pipes with pickled frames
that say their length first. Not `multiprocessing`: its spawn imports the caller's script once more, and its fork is
unsafe beside the threads of DuckDB.
"""

import contextlib
import os
import pickle
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from typing import Any

from lineage.errors import SourceError

Result = tuple[Any, str | None]

# A worker hands over what it has at least this often, so that a longer silence is one item's.
_FLUSH_SECONDS = 0.25
_GRACE_SECONDS = 1.0
# For a process to come up, or to take a frame.
_WAIT_SECONDS = 60.0
# The exit code of a worker that ran out of memory between two items.
_OUT_OF_MEMORY = 87


def each(
    task: str,
    items: Iterable[Any],
    *,
    workers: int | None = None,
    batch: int = 64,
    seconds: float = 5.0,
    memory: int = 1 << 30,
) -> Generator[Result, None, None]:
    """Run `task` (`package.module:function`, called with one item) on every item, in worker processes.

    Yields (result, None) or (None, reason) in the order of the items, and reads only a few batches ahead of what it
    yields. Reasons: `crashed` (the process died), `timeout` (the item ran longer than `seconds`), `out-of-memory` (more
    than `memory` bytes of address space on top of what start-up took, where the platform can tell), `failed` (the
    function raised). `workers`: how many processes, by default one a core that this process may use. Items and results
    must be picklable. Raises SourceError when a worker cannot be started, and what `items` raises.
    """
    from concurrent.futures import Future, ThreadPoolExecutor

    count = workers or cores()
    iterator = iter(items)
    crew = _Crew((task, seconds, memory))
    # A thread for each process: it sleeps in a read while the process works.
    threads = ThreadPoolExecutor(count, "lineage-worker")
    pending: deque[Future[list[Result]]] = deque()
    try:
        while True:
            while len(pending) < 2 * count and (some := list(islice(iterator, batch))):
                pending.append(threads.submit(crew.run, some))
            if not pending:
                return
            yield from pending.popleft().result()
    finally:
        crew.stop()
        threads.shutdown(wait=True, cancel_futures=True)
        crew.bury()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _send(fd: int, value: Any) -> None:
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    for part in (len(data).to_bytes(8, "big"), data):
        view = memoryview(part)
        while view:
            view = view[os.write(fd, view) :]


def _receive(fd: int) -> Any:
    """The next frame. Raises EOFError where the other side has closed."""
    return pickle.loads(_exactly(fd, int.from_bytes(_exactly(fd, 8), "big")))


def _exactly(fd: int, length: int) -> bytearray:
    data = bytearray()
    while len(data) < length:
        part = os.read(fd, min(length - len(data), 1 << 20))
        if not part:
            raise EOFError
        data += part
    return data


class _Crew:
    """The workers, one for each thread that asks, replaced where they die."""

    def __init__(self, order: tuple[str, float, int]) -> None:
        import threading

        self._order = order
        self._lock = threading.Lock()
        self._mine = threading.local()
        self._all: set[_Worker] = set()
        self._stopped = False

    def run(self, items: list[Any]) -> list[Result]:
        """The results of a batch; where it ends a worker, the rest one item at a time, so that the culprit is known."""
        results, reason = self._attempt(items)
        if len(items) == 1 and not results:
            return [(None, reason)]
        for item in items[len(results) :]:
            found, reason = self._attempt([item])
            results += found or [(None, reason)]
        return results

    def _attempt(self, items: list[Any]) -> tuple[list[Result], str | None]:
        """The results up to the item that ended the worker, and how it ended."""
        worker = self._worker()
        results: list[Result] = []
        try:
            worker.send(items)
            while len(results) < len(items):
                results += map(_opened, worker.receive(self._order[1] + _FLUSH_SECONDS + _GRACE_SECONDS))
        except (EOFError, OSError, pickle.UnpicklingError):
            return results, self._dismiss(worker)
        if worker.expired:
            self._dismiss(worker)
        return results, None

    def _worker(self) -> "_Worker":
        """The worker of this thread. Raises SourceError when none comes up, three times running."""
        kept: _Worker | None = getattr(self._mine, "worker", None)
        if kept:
            return kept
        problem = ""
        for _ in range(3):
            with self._lock:
                if self._stopped:
                    break
                worker = _Worker()
                self._all.add(worker)
            problem = worker.instruct(self._order)
            if not problem:
                self._mine.worker = worker
                return worker
            self._dismiss(worker)
        raise SourceError(_cannot_start(problem))

    def _dismiss(self, worker: "_Worker") -> str:
        self._mine.worker = None
        reason = worker.end()
        with self._lock:
            self._all.discard(worker)
        return reason

    def stop(self) -> None:
        """End what runs, so that no thread waits for it any longer, and start nothing more."""
        with self._lock:
            self._stopped = True
            for worker in self._all:
                worker.kill()

    def bury(self) -> None:
        """Leave no zombie and no open pipe; for when no thread runs any more."""
        for worker in self._all:
            worker.end()
        self._all.clear()


def _opened(answer: tuple[bytes | None, str | None]) -> Result:
    data, reason = answer
    if data is None:
        return None, reason
    try:
        return pickle.loads(data), None
    except Exception:
        return None, "failed"


class _Worker:
    """A worker process as its parent sees it."""

    def __init__(self) -> None:
        import subprocess

        # The same modules as here, and nothing that lies in the current folder (-P).
        path = os.pathsep.join(p or os.getcwd() for p in sys.path)
        command = [sys.executable or "python3", "-P", "-m", "lineage.reading.workers"]
        try:
            self._process = subprocess.Popen(
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": path},
            )
        except OSError as error:
            raise SourceError(_cannot_start(error.strerror or type(error).__name__)) from error
        assert self._process.stdin and self._process.stdout
        self._to, self._from = self._process.stdin, self._process.stdout
        self.expired = False

    def instruct(self, order: tuple[str, float, int]) -> str:
        """Say what to run. Returns why the process did not come up or does not find the function, else nothing."""
        try:
            self.send(order)
            return self.receive(_WAIT_SECONDS)
        except (EOFError, OSError):
            return f"it did not answer within {_WAIT_SECONDS:.0f} s" if self.expired else "it ended at once"

    def send(self, value: Any) -> None:
        """Hand it a frame. Raises OSError when it has ended, or is ended because it does not take it."""
        with self._at_most(_WAIT_SECONDS):
            _send(self._to.fileno(), value)

    def receive(self, seconds: float) -> Any:
        """What it says next. Raises EOFError when it ends before, or is ended because it says nothing for `seconds`."""
        with self._at_most(seconds):
            return _receive(self._from.fileno())

    @contextlib.contextmanager
    def _at_most(self, seconds: float) -> Iterator[None]:
        import threading

        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            # From here on it is certain whether it has gone off.
            timer.join()

    def _expire(self) -> None:
        self.expired = True
        self.kill()

    def kill(self) -> None:
        """End it, whatever it does; its parent's reads and writes then fail."""
        self._process.kill()

    def end(self) -> str:
        """See it gone, close its pipes, and say as a reason how it ended."""
        import signal
        import subprocess

        self._to.close()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        self._from.close()
        if self.expired or self._process.returncode == -getattr(signal, "SIGALRM", 0):
            return "timeout"
        return "out-of-memory" if self._process.returncode == _OUT_OF_MEMORY else "crashed"


def _cannot_start(reason: str) -> str:
    return (
        f"A worker process cannot be started: {reason.rstrip('.')}. Check that {sys.executable or 'Python'} runs, "
        "and that this user may start more processes."
    )


# From here on: what the worker process does.


def work() -> None:
    """Take the order, then batches, and answer each, until the parent closes the pipe or is gone."""
    import importlib
    import signal

    # Ctrl-C reaches the whole terminal; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    taking, giving = os.dup(0), os.dup(1)
    # What the function prints or reads is not to meet the frames.
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.dup2(2, 1)
    except OSError:
        os.dup2(nothing, 1)
    try:
        task, seconds, memory = _receive(taking)
        try:
            module, _, name = task.partition(":")
            function = getattr(importlib.import_module(module), name)
        except Exception as error:
            _send(giving, f"{task} cannot be loaded ({type(error).__name__}: {error})")
            return
        _limit(memory)
        _send(giving, "")
        while True:
            _answer(function, _receive(taking), seconds, giving)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
    except (EOFError, OSError):
        os._exit(0)


def _limit(memory: int) -> None:
    """Allow `memory` bytes of address space on top of what is taken already, and no core files."""
    try:
        import resource
    except ImportError:
        return
    held = 0
    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm", encoding="ascii") as sizes:
        held = int(sizes.read().split()[0]) * resource.getpagesize()
    for kind, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, held + memory)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))


def _answer(function: Callable[[Any], Any], items: list[Any], seconds: float, giving: int) -> None:
    done: list[tuple[bytes | None, str | None]] = []
    flushed = time.monotonic()
    for item in items:
        _alarm(seconds + _GRACE_SECONDS + 2)
        done.append(_outcome(function, item))
        if time.monotonic() - flushed > _FLUSH_SECONDS:
            _send(giving, done)
            done, flushed = [], time.monotonic()
    _alarm(0)
    if done:
        _send(giving, done)


def _alarm(seconds: float) -> None:
    """End this process in so many seconds: nobody else would, were the parent killed while an item hangs."""
    import signal

    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _outcome(function: Callable[[Any], Any], item: Any) -> tuple[bytes | None, str | None]:
    try:
        return pickle.dumps(function(item), pickle.HIGHEST_PROTOCOL), None
    except MemoryError:
        return None, "out-of-memory"
    except BaseException:  # SystemExit too
        return None, "failed"


if __name__ == "__main__":
    work()
