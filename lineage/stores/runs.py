"""The notes on loads in the database itself: one `(:LineageRun)` a load, and who holds it.

A load that goes on is held by one process. A second one is refused, with who that is, as long as the
holder lives: on this machine its process is looked for, elsewhere its last sign counts. Every change of
a run locks its node first, so of two that come at once one finds what the other has done.
"""

import os
import platform
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage import __version__
from lineage.errors import RefusedError, StoreError

if TYPE_CHECKING:
    from lineage.stores.writer import Writer

#: Seconds without a sign after which a holder on another machine counts as gone. A batch takes one or two.
SILENT_CAP = 120

#: Seconds between two signs of a holder that reads.
BEAT = 20.0


class Run:
    """A load that this process holds."""

    def __init__(self, writer: "Writer", last: dict[str, Any]) -> None:
        """`last` is the load that began last, as `last_run` has it; empty where there was none."""
        self.writer = writer
        self.last = last
        self.id = ""
        self.holder = uuid.uuid4().hex
        self._beaten = time.monotonic()
        self._me = {"holder": self.holder, "process": os.getpid(), "host": platform.node(), "place": _place()}

    def refuse_if_held(self) -> None:
        """Raises RefusedError while another process is at work on the last load."""
        if self.last.get("holder") and self.last["silent"] <= SILENT_CAP and _lives(self.last):
            raise RefusedError(self._who(self.last))

    def begin(self, snapshot: Any, layout: str, batch: str, batches: int, compared: bool) -> None:
        """A load of a snapshot from its first batch on; one that was cut short before is given up.

        Raises RefusedError where another process is quicker.
        """
        number = self.last.get("number", 0) + 1
        self.id = f"{number:06d}"
        told = {
            "id": self.id, "number": number, "snapshot": snapshot.name, "snapshot_sha256": snapshot.sha256,
            "taken_at": snapshot.taken_at, "version": __version__, "layout": layout, "batch": batch,
            "batches": batches, "compared": compared, **self._me,
        }  # fmt: skip
        before = {"id": self.last.get("id"), "seen": self.last.get("holder") or "", "status": self.last.get("status")}

        def work(note: Any) -> bool:
            if self.last and not note("give_up_run", **before):
                return False
            return bool(note("begin_run", **told)["holder"] == self.holder)

        if not self.writer.notes(work):
            raise RefusedError(self._who(self.writer.read("last_run")))

    def take(self, status: str) -> dict[str, Any]:
        """Go on with the last load, or prune after it: its batches_done, and whether it `compared`.

        Raises RefusedError where another process is quicker.
        """
        if self.id:  # this process has ended it itself
            self.last = {"id": self.id}
        self.id = self.last["id"]
        told = {"id": self.id, "status": status, "seen": self.last.get("holder") or "", **self._me}
        taken = self.writer.notes(lambda note: note("take_run", **told))
        if not taken:
            raise RefusedError(self._who(self.writer.read("last_run")))
        return dict(taken)

    def finish(self) -> None:
        """The load is complete. Raises StoreError where another process has taken it over."""
        told = {"id": self.id, "holder": self.holder, **self.writer.read("counts")}
        if not self.writer.notes(lambda note: note("finish_run", **told)):
            raise StoreError(self.taken_over())

    def beat(self) -> None:
        """Show that this process lives, now and then, while it only reads."""
        if time.monotonic() - self._beaten > BEAT:
            self._beaten = time.monotonic()
            self.writer.once("beat_run", id=self.id, holder=self.holder)

    def release(self) -> None:
        """Let go before the end, as far as the server can still be told; the next load goes on at once."""
        if self.id:
            self.writer.once("release_run", id=self.id, holder=self.holder)

    def taken_over(self) -> str:
        """What is said when another process has gone on with this load."""
        return (
            f"Another `lineage load` has taken over the load into {self.writer.where.uri}, for nothing was heard "
            "of this one for two minutes. Let it finish; what this one wrote is in."
        )

    def _who(self, run: dict[str, Any]) -> str:
        here = run.get("place") == _place()
        whose = f"process {run.get('process')} on {'this machine' if here else run.get('host')}"
        return (
            f"{run.get('snapshot')} is being loaded into {self.writer.where.uri} by {whose}: "
            f"{run.get('batches_done') or 0:,} of {run.get('batches') or 0:,} batches are in, the last "
            f"{run.get('silent') or 0} s ago. Wait for it, or end it and load again: nothing is lost."
        )


def _lives(run: dict[str, Any]) -> bool:
    """Whether the process that holds a run may be alive; of another machine one cannot know."""
    if run.get("place") != _place() or sys.platform == "win32":  # there a signal 0 would end the process
        return True
    try:
        os.kill(run["process"], 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    try:  # dead, and nobody has buried it yet
        return Path(f"/proc/{run['process']}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return True


def _place() -> str:
    """What process numbers belong to: one start of one machine, and on Linux one container."""
    known = [platform.node()]
    for path in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        try:
            known.append(os.readlink(path) if "ns" in path.split("/") else Path(path).read_text().strip())
        except OSError:
            known.append(f"{uuid.getnode():x}")
    return " ".join(known)
