"""Text files as they come: compressed or not, whole or cut, valid UTF-8 or nearly.

DuckDB reads a compressed file that was cut short as fewer rows, without an error; so a compressed
file is unpacked first, by a reader that notices.
"""

import codecs
import errno
import gzip
import io
import zlib
from pathlib import Path
from typing import IO, cast

from lineage.errors import SourceError

_CHUNK = 1 << 20

#: A file that unpacks to more than this is refused.
MOST_UNPACKED = 64 << 30

#: So is one that grows by more than this factor, once it is beyond the first 256 MiB.
MOST_GROWTH = 200
_GROWS_FREELY = 256 << 20


def suffix_of(path: Path) -> tuple[str, str]:
    """(`.csv`, `.gz`) for `models.csv.gz`; the second is empty where nothing is compressed."""
    suffixes = [s.lower() for s in path.suffixes[-2:]]
    if suffixes and suffixes[-1] in (".gz", ".zst"):
        return (suffixes[-2] if len(suffixes) > 1 else ""), suffixes[-1]
    return (suffixes[-1] if suffixes else ""), ""


def _unpacked(path: Path, packing: str) -> IO[bytes]:
    if packing == ".gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    if packing == ".zst":
        import pyarrow as pa

        return cast(IO[bytes], pa.input_stream(str(path), compression="zstd"))
    return path.open("rb")


def refuse_bomb(name: str, packed: int, unpacked: int) -> None:
    """Raise SourceError where `packed` bytes of the file `name` have grown to `unpacked` beyond belief."""
    if unpacked > MOST_UNPACKED or (unpacked > _GROWS_FREELY and unpacked > MOST_GROWTH * packed):
        raise SourceError(
            f"{name} unpacks to more than {unpacked >> 20:,} MiB from {packed / 2**20:,.1f} MiB: no table does. "
            f"Refused beyond {MOST_GROWTH} times its size (from {_GROWS_FREELY >> 20} MiB on) and beyond "
            f"{MOST_UNPACKED >> 30} GiB."
        )


def plain_text(path: Path, work: Path) -> Path:
    """A file with the same text, unpacked, in valid UTF-8 and without a byte order mark.

    `work` is an existing folder for it. Bytes that are no UTF-8 become U+FFFD, one by one.
    Raises SourceError when the file is missing, empty, ends in the middle of its compression, or
    unpacks to more than any table.
    """
    if not path.is_file():
        raise SourceError(f"There is no file {path}. Give the path of a table, or `sample` to try the program.")
    packing = suffix_of(path)[1]
    target = work / "plain.txt"
    size, unpacked = 0, 0
    packed = path.stat().st_size
    try:
        with _unpacked(path, packing) as source, target.open("w", encoding="utf-8", newline="") as out:
            chunk = source.read(_CHUNK)
            # Spreadsheets save "Unicode text" as UTF-16, which begins with one of two marks.
            encoding = "utf-16" if chunk[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
            # One end of line throughout: a file that mixes two is more than the readers can take.
            decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
            while True:
                unpacked += len(chunk)
                if packing:
                    refuse_bomb(path.name, packed, unpacked)
                text = decoder.decode(chunk, final=not chunk)
                size += len(text)
                # A NUL ends a string in half of the readers that follow, and \x01 parts lines from nothing.
                out.write(text.replace("\0", "\ufffd").replace("\x01", "\ufffd"))
                if not chunk:
                    break
                chunk = source.read(_CHUNK)
    except EOFError:
        raise SourceError(
            f"{path.name} ends in the middle of its compressed data: it was cut short. "
            "Download it again, or copy it again."
        ) from None
    except (gzip.BadGzipFile, zlib.error, OSError) as error:
        if isinstance(error, PermissionError):
            raise SourceError(f"{path} cannot be read: permission denied.") from None
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise  # the disk that we unpack to is full: nothing is wrong with the file
        raise SourceError(
            f"{path.name} cannot be unpacked: it is damaged, cut short, or not what its name "
            f"says ({_first_line(error)}). Download it again, or copy it again."
        ) from None
    if not size:
        raise SourceError(f"{path.name} is empty. A table has a header and one row a model.")
    return target


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
