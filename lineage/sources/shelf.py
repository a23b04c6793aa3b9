"""The cards of a crawl as they lie in its folder, and what crawl.json says of them.

    crawls/<name>/cards/000000.jsonl.zst …    batches: {"id", "status", "reason", "readme"} a line, in the order asked

A batch is there before crawl.json names it; both appear by being renamed. A batch that was left short because the
program stopped in good order is filled up by the next run, so what comes out is the same wherever it stopped.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage.errors import SourceError
from lineage.sources.kept import CARDS, Kept, replace, sync

if TYPE_CHECKING:  # builds read cards, and need no network for it
    from lineage.sources.readme import Answered

#: Cards of a batch, and bytes of its lines, after which it is full.
BATCH = 500
BATCH_BYTES = 64 << 20

_LEVEL = 3
_SCHEMA = pa.schema([("id", pa.string()), ("readme", pa.large_string())])


class Shelf:
    """The cards of a crawl, and the batch that is being filled."""

    def __init__(self, kept: Kept, which: str, most: int) -> None:
        """Begin, or go on with what is there. `which` and `most`: what is asked for now.

        Batches that are missing or cut, and all after them, are forgotten: `lost` counts their cards.
        """
        self._kept = kept
        self._lines: list[bytes] = []
        self._size = self._found = 0
        before = kept.head.get("cards") or {"asked": 0, "found": 0, "files": []}
        good = _good(kept.folder, before["files"])
        self._files: list[dict[str, Any]] = before["files"][:good]
        self.lost = before["asked"] - sum(file["lines"] for file in self._files)
        self._clear()
        found = before["found"]
        if self.lost:
            found = sum(_count(_read(kept.folder, file)) for file in self._files)
        self.head = {"which": which, "most": most, "asked": before["asked"] - self.lost, "found": found,
                     "finished": None, "files": self._files}  # fmt: skip
        self._take_up()

    @property
    def files(self) -> list[Path]:
        """The files that hold what was asked for before this run."""
        return [self._kept.folder / CARDS / file["file"] for file in self._files] + self._short

    @property
    def asked(self) -> int:
        """Cards that are here, those of the batch that is being filled included."""
        return int(self.head["asked"]) + len(self._lines)

    @property
    def found(self) -> int:
        """Those of them that have a text."""
        return int(self.head["found"]) + self._found

    def add(self, model: str, answered: "Answered") -> None:
        """Keep what came for the card of a model."""
        said = {"id": model, "status": answered.status, "reason": answered.reason, "readme": answered.text}
        self._put(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        if len(self._lines) >= BATCH or self._size >= BATCH_BYTES:
            self.write()

    def drop(self, count: int) -> None:
        """Forget the last cards, as many of them as are not in a full batch yet."""
        for _ in range(min(count, len(self._lines))):
            line = self._lines.pop()
            self._size -= len(line)
            self._found -= _has_text(line)

    def write(self, finished: str | None = None) -> None:
        """Have all cards on the disk, and crawl.json say so; `finished`: they are all, and this is the time."""
        if self._lines:
            name = f"{len(self._files):06}.jsonl.zst"
            packed = pa.Codec("zstd", compression_level=_LEVEL).compress(b"".join(self._lines), asbytes=True)
            (self._kept.folder / CARDS).mkdir(exist_ok=True)
            replace(self._kept.folder / CARDS / name, packed)
            sync(self._kept.folder / CARDS)
            digest = hashlib.sha256(packed).hexdigest()
            self._files.append({"file": name, "lines": len(self._lines), "sha256": digest, "size": len(packed)})
            self.head |= {"asked": self.asked, "found": self.found}
            self._lines, self._size, self._found = [], 0, 0
        self.head["finished"] = finished
        self._kept.head["cards"] = self.head
        self._kept.write()

    def _put(self, line: bytes) -> None:
        self._lines.append(line)
        self._size += len(line)
        self._found += _has_text(line)

    def _take_up(self) -> None:
        """Go on filling the last batch where it is short; its file stays until it is written again."""
        self._short: list[Path] = []
        if not self._files:
            return
        lines = _read(self._kept.folder, self._files[-1])
        if len(lines) < BATCH and sum(map(len, lines)) < BATCH_BYTES:
            self._short = [self._kept.folder / CARDS / self._files.pop()["file"]]
            self.head |= {"asked": self.head["asked"] - len(lines), "found": self.head["found"] - _count(lines)}
            for line in lines:
                self._put(line)

    def _clear(self) -> None:
        """Take away what no run has finished, and batches that crawl.json does not name, or that are forgotten."""
        named = {file["file"] for file in self._files}
        folder = self._kept.folder / CARDS
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name not in named and path.name.endswith((".new", ".jsonl.zst")):
                path.unlink()


def _good(folder: Path, files: list[dict[str, Any]]) -> int:
    """How many batches are as they were written, before the first that is not."""
    for number, file in enumerate(files):
        if _packed(folder, file) is None:
            return number
    return len(files)


def _packed(folder: Path, file: dict[str, Any]) -> bytes | None:
    """The bytes of a batch, or None where they are not what was written."""
    try:
        packed = (folder / CARDS / file["file"]).read_bytes()
    except OSError:
        return None
    return packed if hashlib.sha256(packed).hexdigest() == file["sha256"] else None


def _has_text(line: bytes) -> bool:
    # The text stands last, and is the only thing that can end so.
    return not line.endswith(b'"readme":null}\n')


def _count(lines: list[bytes]) -> int:
    return sum(map(_has_text, lines))


def _read(folder: Path, file: dict[str, Any]) -> list[bytes]:
    """The lines of a batch. Raises SourceError where it is not what was written."""
    packed = _packed(folder, file)
    if packed is None:
        raise SourceError(
            f"Of the cards of the crawl {folder.name}, {file['file']} is missing or damaged. "
            "`lineage crawl` with its --name and --cards asks for them again."
        )
    with pa.input_stream(pa.py_buffer(packed), compression="zstd") as text:
        return text.read().splitlines(keepends=True)


def is_done(kept: Kept, which: str, most: int) -> bool:
    """Whether a crawl has the cards that are asked for, whole: nothing is to be asked any more."""
    cards = kept.head.get("cards")
    if not cards or cards["finished"] is None or cards["which"] not in (which, "all"):
        return False
    # Fewer than the most that were allowed are all that there are.
    enough = cards["asked"] < cards["most"] or cards["asked"] >= most
    return enough and _good(kept.folder, cards["files"]) == len(cards["files"])


def batches_of(folder: Path) -> Iterator[pa.Table]:
    """The cards in the folder of a crawl that have a text: id (string), readme (large_string), a batch at a time.

    In the order in which they were asked for; nothing where there are none. Raises SourceError where crawl.json or
    a batch is damaged.
    """
    kept = Kept.read(folder)
    for file in ((kept and kept.head.get("cards")) or {"files": []})["files"]:
        records = [json.loads(line) for line in _read(folder, file)]
        with_text = [r for r in records if r["readme"] is not None]
        yield pa.table(
            {name: pa.array([r[name] for r in with_text], _SCHEMA.field(name).type) for name in _SCHEMA.names}
        )


def cards_of(folder: Path) -> pa.Table:
    """All of `batches_of` as one table, by id A–Z; empty where there are none."""
    table = pa.concat_tables([_SCHEMA.empty_table(), *batches_of(folder)])
    return table.take(pc.sort_indices(table.column("id")))
