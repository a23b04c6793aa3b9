"""Faults made to happen: flipped bits, disks that are full, processes that are killed.

The command line is a real one in a process of its own; what is only about `lineage.catalog` publishes
tables drawn here. `python -m tests.faults die HOME` and `sweep DISK` run what needs a process of its own.
"""

import contextlib
import errno
import functools
import hashlib
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lineage.catalog import Catalog, Snapshot, damaged
from lineage.schema import TABLES

ROOT = Path(__file__).resolve().parent.parent


# --- snapshots drawn here -----------------------------------------------------------------------------


def drawn(rows: int, seed: int = 0, padding: int = 0) -> dict[str, pa.Table]:
    """The seven tables with `rows` rows each, a null in every seventh; `padding` random bytes more for each table in turn."""
    chance = random.Random(seed)

    def column(field: pa.Field, more: int) -> pa.Array:
        kind = field.type
        values: list[Any] = []
        for i in range(rows):
            number = chance.randrange(1 << 20)
            if i % 7 == 3 and i:
                values.append(None)
            elif pa.types.is_string(kind):
                values.append(f"a/{number:x}" + chance.randbytes(more // rows // 2).hex())
            elif pa.types.is_list(kind):
                values.append([f"t{number % 5}", f"t{number % 3}"])
            elif pa.types.is_boolean(kind):
                values.append(number % 2 == 0)
            else:
                values.append(number)
        return pa.array(values, kind)

    return {
        name: pa.table({f.name: column(f, padding * (place + 1) if i == 0 else 0) for i, f in enumerate(schema)})
        for place, (name, schema) in enumerate(TABLES.items())
    }


def manifest(rows: int, **more: Any) -> dict[str, Any]:
    """What `Catalog.publish` asks of a manifest."""
    counts = {"models": rows, "edges": rows}
    return {"taken_at": "2024-09-20", "source": {"name": "drawn"}, "counts": counts, "columns": [],
            "options": {}, "versions": {}, "basis": ["declared"], "deep": []} | more  # fmt: skip


def publish(home: Path, name: str = "n", rows: int = 20, seed: int = 0) -> Snapshot:
    """A drawn snapshot, published for good; in place of one with the same name."""
    return Catalog(home).publish(name, drawn(rows, seed), manifest(rows), force=True)


def source(path: Path, rows: int, seed: int, cards: bool) -> Path:
    """A table of models in which each but the first has a base, in a card or a tag."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for i in range(rows):
            row: dict[str, Any] = {
                "id": f"maker-{i % 9}/model-{i}",
                "downloads": chance.randrange(10**6),
                "tags": ["gguf"],
            }
            base = (j := chance.randrange(i)) is not None and f"maker-{j % 9}/model-{j}" if i else None
            if base and cards:
                row["readme"] = f"---\nbase_model: {base}\nbase_model_relation: quantized\n---\n# A model\n"
            elif base:
                row["tags"] += [f"base_model:{base}", f"base_model:quantized:{base}"]
            file.write(json.dumps(row) + "\n")
    return path


# --- what is there ------------------------------------------------------------------------------------


def listing(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Every file and folder below, with mode, time of change and the sha256 of its bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        stat = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        found[str(path.relative_to(folder))] = (stat.st_mode, stat.st_mtime_ns, digest)
    return found


def bytes_of(home: Path) -> dict[str, str]:
    """The files of a home and the sha256 of each, without the lock, which stays."""
    return {name: digest for name, (_, _, digest) in listing(home).items() if digest and name != ".catalog.lock"}


def whole(home: Path, name: str = "n") -> str:
    """The sha256 of the snapshot, for which the catalog parses, the manifest opens and every file is as it was written."""
    catalog = Catalog(home)
    json.loads(catalog.path.read_bytes())
    found = catalog.open(name)
    assert damaged(found.folder) == []
    assert catalog.open().sha256 == found.sha256
    return found.sha256


def nothing_left_over(home: Path) -> bool:
    """Whether a home holds its catalog, its lock, and the folders that names lead to, and nothing else."""
    named = set(Catalog(home).read()["snapshots"].values())
    return {p.name for p in home.iterdir()} <= {"catalog.json", "snapshots", ".catalog.lock"} and (
        {p.name for p in (home / "snapshots").iterdir()} == named
    )


# --- the command line in a process of its own ---------------------------------------------------------


def start(home: Path, temporary: Path, *arguments: str) -> "subprocess.Popen[str]":
    """`lineage …` with a session of its own, so that the processes it starts can be found."""
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "lineage", *arguments],
        cwd=ROOT,
        env=os.environ | {"LINEAGE_HOME": str(home), "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Its exit code and what it said on stderr."""
    _, said = process.communicate(timeout=300)
    return process.returncode, said


def kill(process: "subprocess.Popen[str]") -> None:
    """SIGKILL for the process alone. Returns when all that it started is gone, too."""
    process.kill()
    process.communicate(timeout=60)
    for _ in range(600):
        if not _alive(process.pid):
            return
        time.sleep(0.05)
    raise AssertionError("a worker process is left behind")


def _alive(group: int) -> bool:
    """Whether a process of this group runs; where nobody buries the orphans, the dead ones are still listed."""
    import psutil

    for one in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            if os.getpgid(one.pid) == group and one.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def wait_for(process: "subprocess.Popen[str]", moment: Callable[[], bool] | float) -> bool:
    """Wait so many seconds, or until it has happened. Whether the process still ran then."""
    if not callable(moment):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        return process.poll() is None
    while process.poll() is None:
        with contextlib.suppress(FileNotFoundError):  # gone between two looks
            if moment():
                return True
        time.sleep(0.0005)
    return False


# --- a disk that is full ------------------------------------------------------------------------------


class FullDisk:
    """Every step of Python's that writes, counted; the one with the number `at` fails as on a full disk, and with
    `lasting` all after it. Files are written by halves: full before the first byte, and full in the middle.
    """

    def __init__(self, patch: pytest.MonkeyPatch, at: int, lasting: bool) -> None:
        from lineage import catalog

        self.at, self.lasting = at, lasting
        self.steps: list[str] = []
        self._opened: dict[int, Any] = {}
        for name in ("mkdir", "chmod", "replace", "rename"):
            patch.setattr(os, name, self._failing(name, getattr(os, name)))
        open_, fsync = os.open, os.fsync

        def opened(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
            if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
                self._step("open", path, path)
            number = open_(path, flags, *arguments, **options)
            self._opened[number] = path
            return number

        def kept(number: int) -> None:
            self._step("fsync", self._opened.get(number, number))
            fsync(number)

        patch.setattr(os, "open", opened)
        patch.setattr(os, "fsync", kept)
        patch.setattr(Path, "write_bytes", lambda path, data: self._by_halves("write_bytes", path, data))
        write = catalog.write_parquet

        def written(table: pa.Table, path: Path) -> None:
            buffer = path.with_suffix(".whole")
            write(table, buffer)
            data = buffer.read_bytes()
            buffer.unlink()
            self._by_halves("write_parquet", path, data)

        patch.setattr(catalog, "write_parquet", written)

    def _step(self, name: str, path: Any, *named: Any) -> None:
        self.steps.append(f"{name} {path}")
        done = len(self.steps) - 1
        if done == self.at or (self.lasting and done > self.at):
            # What has only a descriptor says no name, as from the system.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), *map(str, named))

    def _failing(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(path: Any, *arguments: Any, **options: Any) -> Any:
            self._step(name, path, path)
            return real(path, *arguments, **options)

        return step

    def _by_halves(self, name: str, path: Path, data: bytes) -> None:
        self._step(name, path)
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
        self._step(f"half of {name}", path)
        with path.open("ab") as file:
            file.write(data[len(data) // 2 :])


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system lets no file of this process grow beyond `size` bytes (EFBIG; Python ignores SIGXFSZ)."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def sweep(place: Path, least: Callable[[int], contextlib.AbstractContextManager[None]]) -> list[dict[str, Any]]:
    """Publish over a snapshot with ever more room, from none up to enough: `least` leaves so many bytes.

    One entry a try: what it said (null: done), what is there then, and what the next made of it with all the room.
    """
    from lineage.commands.main import _os_sentence

    publish(place / "before", seed=1)
    first = whole(place / "before")
    report: list[dict[str, Any]] = []
    said: str | None = ""
    while said is not None:
        home = place / "home"
        shutil.copytree(place / "before", home)
        before = bytes_of(home)
        try:
            with least(4096 * len(report)):
                publish(home, rows=200, seed=2)
            said = None
        except OSError as error:
            said = _os_sentence(error)
        entry = {"said": said, "left": "old" if whole(home) == first else whole(home), "same": bytes_of(home) == before,
                 "clean": nothing_left_over(home)}  # fmt: skip
        report.append(entry | {"again": publish(home, rows=200, seed=2).sha256})
        shutil.rmtree(home)
    return report


#: Root in a namespace of its own, whose mounts end with it.
_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


def on_small_disk(folder: Path, size: int, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command while `folder` is a file system of so many bytes, or where none can be mounted, without privileges,
    while no file may be larger than that.
    """
    mount = ("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        mountable = not subprocess.run([*_NAMESPACE, *mount], capture_output=True).returncode
    except FileNotFoundError:
        mountable = False
    inside = (*_NAMESPACE, "sh", "-c", f'{shlex.join(mount)} && exec "$@"', "sh") if mountable else ()
    with contextlib.nullcontext() if mountable else largest_file(size):
        return subprocess.run([*inside, *command], capture_output=True, text=True, cwd=ROOT,
                              env=os.environ | environment, timeout=600)  # fmt: skip


@contextlib.contextmanager
def _ballast(disk: Path, least: int) -> Iterator[None]:
    """Fill a disk up to so many bytes."""
    system = os.statvfs(disk)
    with (disk / "ballast").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, system.f_bavail * system.f_frsize - least))
    try:
        yield
    finally:
        (disk / "ballast").unlink()


# --- dying at every step ------------------------------------------------------------------------------


def die_at_every_step(home: Path) -> list[dict[str, Any]]:
    """Publish over a snapshot in children that kill themselves before the first, second, … thing they do with the
    file system, until one comes through. One entry a child: its last step, what it left, and what the next made of it.

    For a process of its own that has run no Arrow or DuckDB yet: it forks.
    """
    new = drawn(20, 2)
    home.mkdir(exist_ok=True)
    _in_child(lambda: publish(home / "before", seed=1))
    first = whole(home / "before")
    report: list[dict[str, Any]] = []
    died = True
    while died:
        place, step = home / str(len(report)), home / "step"
        shutil.copytree(home / "before", place)
        again = functools.partial(Catalog(place).publish, "n", new, manifest(20), True)
        died = not _in_child(_dying(again, place, len(report), step))
        entry = {"step": step.read_text() if died else None, "left": "old" if whole(place) == first else whole(place)}
        _in_child(again)
        report.append(entry | {"again": whole(place), "clean": nothing_left_over(place)})
    return report


def _in_child(act: Callable[[], Any]) -> bool:
    """Whether it ran to its end."""
    child = os.fork()
    if not child:
        code = 1
        try:
            act()
            code = 0
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL)
    return status == 0


def _dying(act: Callable[[], Any], home: Path, at: int, noted: Path) -> Callable[[], Any]:
    """`act`, killed before the step `at` that has to do with `home`; which step that is, it notes."""
    steps: list[str] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(("open", "os.", "shutil.", "tempfile.")) and arguments and str(home) in str(arguments[0]):
            step = f"{event} {Path(arguments[0]).relative_to(home)}"
            # What opens a file again to read it has changed nothing since.
            steps.extend([step] if [step] != steps[-1:] else [])
            if len(steps) == at + 1:
                noted.write_text(step)
                os.kill(os.getpid(), signal.SIGKILL)

    def die() -> None:
        sys.addaudithook(hook)
        act()

    return die


if __name__ == "__main__":
    where = Path(sys.argv[2])
    if sys.argv[1] == "die":
        print(json.dumps(die_at_every_step(where)))
    else:
        print(json.dumps(sweep(where, functools.partial(_ballast, where) if where.is_mount() else largest_file)))
