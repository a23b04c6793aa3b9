"""Sorted texts in a file, those that begin with a prefix found by binary search: some kilobytes are read of any size.

    blocks of 1,024 texts, one a line, each packed by zlib
    the table, packed too: {"head": {…}, "lists": {name: {"first": [text], "end": [offset]}}}
    its offset and its length (8 bytes each, little-endian), and the mark of the format

zlib checks what it unpacks, so a block that was damaged is refused, never offered. This module and those that a Tab
needs import nothing of weight: the whole answer is there in a tenth of a second, the start of Python included.
"""

import json
import os
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping

_MARK = b"lineage1"
_TAIL = 24

#: Sorts after every text that begins as the one before it.
_LAST = "\U0010ffff"

#: What a damaged or foreign file raises when it is read.
UNREADABLE = (OSError, ValueError, KeyError, IndexError, TypeError, zlib.error)


def write(path: str, head: Mapping[str, object], lists: Mapping[str, Iterable[str]]) -> None:
    """Write the file whole or not at all. Each list: blocks, each of texts in order of code point, a line each."""
    new = f"{path}.{os.getpid()}.new"
    try:
        with open(new, "wb") as file:
            places: dict[str, dict[str, list[object]]] = {}
            for name, blocks in lists.items():
                place = places[name] = {"first": [], "end": [file.tell()]}
                for block in blocks:
                    place["first"].append(block.partition("\n")[0])
                    file.write(zlib.compress(block.encode(), 1))
                    place["end"].append(file.tell())
            table = zlib.compress(json.dumps({"head": dict(head), "lists": places}).encode(), 1)
            begin = file.tell()
            file.write(table + begin.to_bytes(8, "little") + len(table).to_bytes(8, "little") + _MARK)
        os.replace(new, path)
    finally:
        if os.path.exists(new):
            os.unlink(new)


class Index:
    """Such a file, opened. Raises one of `UNREADABLE` where it is none."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb")  # noqa: SIM115 - until `close`
        try:
            self._read_table()
        except BaseException:
            self._file.close()
            raise

    def _read_table(self) -> None:
        end = self._file.seek(-_TAIL, os.SEEK_END)
        tail = self._file.read(_TAIL)
        begin, length = (int.from_bytes(tail[place : place + 8], "little") for place in (0, 8))
        # Nothing checks these two, and a damaged length asks for more memory than there is.
        if tail[16:] != _MARK or begin + length != end:
            raise ValueError("no index")
        self._file.seek(begin)
        table = json.loads(zlib.decompress(self._file.read(length)))
        self.head: dict[str, object] = table["head"]
        self._lists: dict[str, dict[str, list[object]]] = table["lists"]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def beginning(self, name: str, prefix: str, most: int) -> list[str]:
        """Up to `most` texts of a list that begin with `prefix`, in order.

        Where there are more, the last of all is the last one given: so the signs that all of them share are those that
        all that are given share, and a shell that writes them writes nothing wrong.
        """
        first = self._lists[name]["first"]
        block = max(0, bisect_right(first, prefix) - 1)  # type: ignore[type-var]
        found: list[str] = []
        while block < len(first) and len(found) <= most:
            texts = self._block(name, block)
            found += [text for text in texts if text.startswith(prefix)]
            if not texts or texts[-1] > prefix + _LAST:
                break
            block += 1
        if len(found) <= most:
            return found
        last = bisect_right(first, prefix + _LAST) - 1  # type: ignore[type-var]
        return [*found[: most - 1], [text for text in self._block(name, last) if text.startswith(prefix)][-1]]

    def every(self, name: str) -> list[str]:
        """All texts of a list."""
        return [text for block in range(len(self._lists[name]["first"])) for text in self._block(name, block)]

    def _block(self, name: str, number: int) -> list[str]:
        begin, end = (int(str(place)) for place in self._lists[name]["end"][number : number + 2])
        self._file.seek(begin)
        return zlib.decompress(self._file.read(end - begin)).decode().split("\n")
