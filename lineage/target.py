"""Where somebody wants an answer written: a file, whole or not at all, or what takes bytes as they come.

A file is written beside its place and then put there, so nobody ever reads a half. What is no file (a device, a pipe,
the place of an open stream) cannot be put anywhere, and would be lost if a file took its name: it is written to. A link
stays a link.
"""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from lineage.errors import UsageError
from lineage.parquet import naming

#: What is written for a stream is held so long in memory, in bytes, then on disk.
_HELD = 64 << 20

#: Names below these stand for open streams, whatever they lead to.
_STREAMS = ("/proc/", "/dev/fd/")


def write_whole(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Have `write` fill the file at `path`; or, where that is a stream, hand on what it has written.

    Raises UsageError as `check_target` does, and OSError with the name of the place.
    """
    check_target(path)
    if _is_stream(path):
        with tempfile.SpooledTemporaryFile(_HELD) as held:
            write(held)  # type: ignore[arg-type]
            held.seek(0)
            # Not "w", which would cut what a shell has opened to append to.
            with naming(path), path.open("ab", buffering=0) as stream:
                shutil.copyfileobj(held, stream)
        return
    path = path.resolve()
    try:
        file = tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=".lineage-", delete=False)  # noqa: SIM115
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise _closed(path) from error
    try:
        with naming(path), file:  # closing it writes what is left
            write(file)
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except BaseException:
        os.unlink(file.name)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a page, a graph file or rows, in UTF-8. Raises as `write_whole`."""
    data = text.encode()
    write_whole(path, lambda file: file.write(data))


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """The same for what comes in pieces, and is never held whole."""
    write_whole(path, lambda file: file.writelines(pieces))


def check_target(path: Path) -> None:
    """Raise UsageError where nothing can be written: asked before the work is done, so that none is done in vain."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give the name of a file in it.")
    if not path.parent.is_dir():
        raise UsageError(f"The folder {path.parent} does not exist, so {path.name} cannot be written there.")
    if _is_stream(path):
        if not os.access(path, os.W_OK):
            raise UsageError(f"{path} cannot be written to: name a file, or a stream that is open for writing.")
        return
    try:
        path = path.resolve()
    except (OSError, RuntimeError):  # RuntimeError: before Python 3.13
        raise UsageError(f"{path} is a link that leads round in a circle: name another file.") from None
    if not path.parent.is_dir():
        raise UsageError(f"{path.name} leads into the folder {path.parent}, which does not exist.")
    if not os.access(path.parent, os.W_OK):
        raise _closed(path)


def _is_stream(path: Path) -> bool:
    """Whether what stands there takes bytes as they come: no file, or the name of a stream that may be one."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return True
    except (OSError, ValueError):  # nothing is there yet, or a link leads nowhere
        return False
    for _ in range(40):  # as many links as a kernel follows
        if f"{os.path.realpath(path.parent)}/".startswith(_STREAMS) or not path.is_symlink():
            break
        path = path.parent / os.readlink(path)
    return f"{os.path.realpath(path.parent)}/".startswith(_STREAMS)


def _closed(path: Path) -> UsageError:
    return UsageError(f"{path.name} cannot be written in {path.parent.resolve()}: name a folder where you may write.")
