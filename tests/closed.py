"""A folder that cannot be written: as the modes of somebody else's, or as a file system that is mounted so."""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.warm import ROOT, Warm

#: Root in a namespace of its own, whose mounts end with it.
_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")

#: Root may write whatever the modes say: to be refused it has to be nobody.
_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")

KINDS = ("modes", "mount")


def why_not(kind: str) -> str | None:
    """What is missing here for such a folder; None where it can be had."""
    if kind == "modes":
        if os.geteuid():
            return None
        if not shutil.which("setpriv"):
            return "root is refused nothing by modes, and there is no setpriv to become nobody"
        seen = [*_NOBODY, sys.executable, "-c", "import lineage.door, pyarrow"]
        done = subprocess.run(seen, cwd=ROOT, capture_output=True, check=False)
        return "nobody may read this program here" if done.returncode else None
    if not shutil.which("unshare"):
        return "there is no unshare to mount with"
    done = subprocess.run([*_NAMESPACE, "true"], capture_output=True, check=False)
    return f"nothing can be mounted here: {done.stderr.decode().strip()}" if done.returncode else None


@contextlib.contextmanager
def closed(kind: str, home: Path, **env: str) -> Iterator[Warm]:
    """Lines for a home that is closed while they run. All that leads to it, TMPDIR and working folders must be open
    to everybody."""
    if kind == "mount":
        place = shlex.quote(str(home))
        mounts = f'mount --bind {place} {place} && mount -o remount,bind,ro {place} && exec "$@"'
        with Warm(home, before=(*_NAMESPACE, "sh", "-c", mounts, "sh"), **env) as ask:
            yield ask
        return
    paths = [home, *home.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        before = () if os.geteuid() else _NOBODY
        with Warm(home, before=before, **env) as ask:
            yield ask
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def refused(kind: str, home: Path) -> bool:
    """Whether a home that is closed so is closed indeed: a test that cannot fail is none."""
    program = f"open({str(home / 'written')!r}, 'w')"
    with closed(kind, home) as ask:
        done = subprocess.run([*ask.before, sys.executable, "-c", program], capture_output=True, check=False)
    return done.returncode != 0 and not (home / "written").exists()


def starts_others(ask: Warm) -> bool:
    """Whether what runs there may start Python itself: to nobody its folder may be closed, though we could open it."""
    program = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', '']).returncode)"
    return not subprocess.run([*ask.before, sys.executable, "-c", program], capture_output=True, check=False).returncode
