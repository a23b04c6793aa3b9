"""One large file from the Hub to the disk: whole or not there, gone on with where it was cut, proved by its digest.

What has come lies in a hidden file beside the place of the whole one, so that any later run can go on with it.
"""

import contextlib
import errno
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx2
from huggingface_hub.utils import OfflineModeIsEnabled, get_session

from lineage.errors import Incomplete, RefusedError, SourceError
from lineage.sources.pace import CAP, asked_for, backoff, long_time
from lineage.sources.question import reason_of

#: Seconds until there is a connection, and in which nothing comes.
_CONNECT, _READ = 10.0, 30.0

#: After so many tries in a row that brought less than a mebibyte, or so many copies with wrong bytes, it is given up.
_MOST_FAILURES, _MOST_SPOILED = 6, 2
_WORTH = 1 << 20

#: Fewer bytes than this in a minute are no transfer.
_LEAST, _MINUTE = 256 << 10, 60.0

#: Progress is said after so many seconds, or so many hundredths, but not more often than each second.
_SECONDS, _HUNDREDTHS = 30.0, 10


@dataclass(frozen=True, slots=True)
class Remote:
    """A file of a data set, at one commit."""

    path: str
    """In the data set."""
    size: int
    """Bytes."""
    oid: str
    """sha256 of the file where it is kept beside git (64 hex digits), else what git calls its content (40)."""
    url: str = field(repr=False)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def is_in(self, file: Path) -> bool:
        """Whether a file on the disk holds exactly this."""
        try:
            if file.stat().st_size != self.size:
                return False
            with file.open("rb") as opened:
                if len(self.oid) == 64:
                    return hashlib.file_digest(opened, "sha256").hexdigest() == self.oid
                digest = hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False)
                while piece := opened.read(1 << 20):
                    digest.update(piece)
                return digest.hexdigest() == self.oid
        except OSError:
            return False


class _Broken(Exception):  # noqa: N818 - it reads as a sentence where it is raised
    """A try ended before the file was whole; `wait`: the seconds that the server asks for."""

    def __init__(self, reason: str, wait: float = 0) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(slots=True)
class Transfer:
    """Fetches files of one data set."""

    host: str
    headers: Mapping[str, str] = field(repr=False)
    say: Callable[[str], None] = lambda text: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _said: tuple[float, int] = (0.0, 0)

    def fetch(self, remote: Remote, folder: Path) -> Path:
        """The file in `folder` (made where it is not there), fetched unless it is there already.

        Raises SourceError where it cannot be had, Incomplete where a part of it has come and is kept, RefusedError
        while another process fetches it.
        """
        target = folder / remote.name
        if remote.is_in(target):
            return target
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder, remote.name):
            if remote.is_in(target):
                return target
            part = folder / f".{remote.name}.part"
            try:
                self._complete(remote, part)
            except KeyboardInterrupt:
                self.say(f"What has come of {remote.name} is kept: the same command goes on with it")
                raise
            os.replace(part, target)
            _keep(folder)
        return target

    def _complete(self, remote: Remote, part: Path) -> None:
        """Fetch into `part` until it holds the whole file, and have it on the disk."""
        failures = spoiled = 0
        self._said = (self.clock(), 0)
        while True:
            have = part.stat().st_size if part.exists() else 0
            wait = 0.0
            try:
                if have < remote.size or not part.exists():
                    self._go_on(remote, part, have)
                if remote.is_in(part):
                    _keep(part)
                    return
                part.unlink()
                spoiled += 1
                reason = "its bytes are not those that the Hub names"
            except _Broken as error:
                reason, wait = str(error), error.wait
            came = (part.stat().st_size if part.exists() else 0) - have
            failures = 0 if came >= _WORTH else failures + 1
            wait = max(wait, backoff(max(1, failures)))
            if failures >= _MOST_FAILURES or spoiled >= _MOST_SPOILED or wait > CAP:
                asked = f"; the server asks to wait {long_time(wait)}" if wait > CAP else ""
                said = f"{remote.name} could not be fetched: {reason}{asked}. Run it again later"
                if part.exists() and part.stat().st_size:
                    raise Incomplete(f"{said}: what has come is kept, and it goes on from there.")
                raise SourceError(f"{said}.")
            self.say(f"{remote.name}: {reason}; trying again in {long_time(wait)}")
            self.sleep(wait)

    def _go_on(self, remote: Remote, part: Path, have: int) -> None:
        """Append to `part` what is missing; the whole where the server does not know ranges. Raises _Broken."""
        # Compressed on the way, the bytes would not be those that ranges count.
        headers = {**self.headers, "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        timeout = httpx2.Timeout(_READ, connect=_CONNECT)
        try:
            # A redirect to the store of large files is followed; the token stays behind then.
            with get_session().stream(
                "GET", remote.url, headers=headers, timeout=timeout, follow_redirects=True
            ) as response:
                start = self._begins_at(response, remote, part, have)
                with _naming(part), part.open("ab" if start else "wb") as file:
                    self._write(response.iter_bytes(), file, remote, start)
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise _Broken(reason_of(error)) from None
        except OfflineModeIsEnabled:
            raise SourceError("HF_HUB_OFFLINE is set, so nothing is fetched. Unset it.") from None

    def _begins_at(self, response: Any, remote: Remote, part: Path, have: int) -> int:
        """At which byte an answer goes on. Raises _Broken, or SourceError where asking again is no use."""
        status = response.status_code
        if status == 206 and have and response.headers.get("content-range", "").startswith(f"bytes {have}-"):
            return have
        if status == 200:
            return 0
        if status in (206, 416):
            part.unlink(missing_ok=True)
            raise _Broken("the server does not go on where it was asked to")
        if status in (401, 403):
            raise SourceError(
                f"{self.host} does not give out {remote.path} (status {status}): the data set is private, or its "
                "conditions must be accepted on its page first. Then set HF_TOKEN."
            )
        if status == 408 or status == 429 or status >= 500:
            raise _Broken(f"status {status}", asked_for(response.headers, time.time()) or 0)
        if status == 404:
            raise SourceError(f"{remote.path} is gone: the data set was changed since it was looked at. Run it again.")
        raise SourceError(f"{self.host} does not give out {remote.path}: status {status}.")

    def _write(self, pieces: Iterator[bytes], file: IO[bytes], remote: Remote, done: int) -> None:
        since, at = self.clock(), done
        begun, first = since, done
        for piece in pieces:
            file.write(piece)
            done += len(piece)
            if done > remote.size:
                file.truncate(0)
                raise _Broken(f"more came than the {remote.size:,} bytes that it has")
            now = self.clock()
            self._tell(remote, done, (done - first) / max(now - begun, 1e-3), now)
            if now - since >= _MINUTE:
                if done - at < _LEAST and done < remote.size:
                    raise _Broken(f"only {done - at:,} bytes came in a minute")
                since, at = now, done
        if done < remote.size:
            raise _Broken(f"the answer ended after {done:,} of {remote.size:,} bytes")

    def _tell(self, remote: Remote, done: int, rate: float, now: float) -> None:
        """Say how far it is: every 10 %, or every 30 seconds."""
        hundredths = 100 * done // remote.size if remote.size else 100
        when, before = self._said
        due = now - when >= (1 if hundredths - before >= _HUNDREDTHS else _SECONDS)
        if hundredths < 100 and due:
            self._said = (now, hundredths // _HUNDREDTHS * _HUNDREDTHS)
            self.say(f"{remote.name}: {hundredths} % of {size_text(remote.size)}, {size_text(int(rate))}/s")


def size_text(count: int) -> str:
    """So many bytes, in words."""
    return f"{count / 1e6:,.1f} MB" if count < 10_000_000 else f"{count / 1e6:,.0f} MB"


@contextlib.contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout:
        raise RefusedError(f"Another lineage is fetching {name}. Run it again when that one has ended.") from None


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Say in an OSError of a full disk which file it is about: a file object that is written has no name."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from None
        raise


def _keep(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk before anything relies on it."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
