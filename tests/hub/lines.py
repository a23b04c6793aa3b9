"""Records that are sent as they were written: JSON lines, a list in JSON, or a list of dicts."""

import json
from collections.abc import Iterable, Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from tests.hub.names import HUB_NAME, IDS, READMES
from tests.hub.values import sort_value

#: Numbers stay texts: there are counters that no number holds.
_DECODER = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)

#: What is kept of each record, beside its text.
_KEPT = ("_id", "createdAt", "lastModified", "downloads", "likes", "trendingScore")


class Lines:
    """Records as texts. A record is sent byte for byte where all of its keys are asked for, else pair by pair;
    the values are never read and written again, so that whatever is odd about them survives.
    """

    def __init__(self, texts: Iterable[bytes]) -> None:
        """Take the text of each record. Raises ValueError for one that is no JSON."""
        self._texts: list[bytes] = []
        self._keys: list[frozenset[str] | None] = []
        self.ids: list[Any] = []
        self._kept: dict[str, list[Any]] = {name: [] for name in _KEPT}
        seen: dict[frozenset[str], frozenset[str]] = {}
        for number, text in enumerate(texts, 1):
            record = _read(text, number)
            keys = frozenset(record)
            self._texts.append(text)
            self._keys.append(seen.setdefault(keys, keys) if record else None)
            hub = {HUB_NAME.get(k, k): v for k, v in record.items()}
            self.ids.append(next((record[k] for k in IDS if isinstance(record.get(k), str)), None))
            for name, values in self._kept.items():
                values.append(hub.get(name))
        self._whole: dict[tuple[frozenset[str], frozenset[str]], bool] = {}

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def hub_ids(self) -> list[Any]:
        """The `_id` of each record, None where it has none."""
        return [v if isinstance(v, str) else None for v in self._kept["_id"]]

    def values(self, name: str) -> list[Any]:
        """The value of a field for each record, None where it is null or absent."""
        if name in self._kept:
            return self._kept[name]
        found = ({HUB_NAME.get(k, k): v for k, v in _read(text, 0).items()} for text in self._texts)
        return [record.get(name) for record in found]

    def sort_values(self, name: str) -> list[int | float | None]:
        """What a record is sorted by, see `sort_value`."""
        return [sort_value(name, value) for value in self.values(name)]

    def fills(self, name: str) -> bool:
        """Whether any record has this field."""
        return any(HUB_NAME.get(k, k) == name for keys in {k for k in self._keys if k} for k in keys)

    def readmes(self) -> dict[str, str]:
        """The text of each card, by id."""
        if not any(keys and not keys.isdisjoint(READMES) for keys in self._keys):
            return {}
        found: dict[str, str] = {}
        for id, text in zip(self.ids, self._texts, strict=True):
            record = _read(text, 0)
            card = next((record[c] for c in READMES if isinstance(record.get(c), str)), None)
            if id is not None and card is not None:
                found[id] = card
        return found

    def render(self, rows: Sequence[int], names: frozenset[str] | None) -> list[bytes]:
        """The records of these rows as JSON, with these fields alone (None: with all that they have)."""
        return [self._one(row, names) for row in rows]

    def _one(self, row: int, names: frozenset[str] | None) -> bytes:
        text, keys = self._texts[row], self._keys[row]
        if names is None or keys is None:
            return text
        if (keys, names) not in self._whole:
            self._whole[keys, names] = all(k in names and HUB_NAME.get(k, k) == k for k in keys)
        if self._whole[keys, names]:
            return text
        pairs = _pairs(text.decode("utf-8", "surrogateescape"))
        has_id = any(key == "id" for key, _ in pairs)
        kept = []
        for key, value in pairs:
            name = HUB_NAME.get(key, key)
            if key == "modelId" and not has_id and "modelId" not in names:
                name = "id"
            if name in names:
                kept.append(f"{json.dumps(name)}:{value}")
        return ("{" + ",".join(kept) + "}").encode("utf-8", "surrogateescape")


def _read(text: bytes, number: int) -> dict[str, Any]:
    """The record; empty for JSON that is no object, or that is too deep or too odd to be read here."""
    try:
        record = json.loads(text)
    except RecursionError:
        return {}
    except ValueError:
        try:
            record = _DECODER.decode(text.decode("utf-8", "replace"))
        except RecursionError:
            return {}
        except ValueError as error:
            raise ValueError(f"Record {number} is no JSON ({error}): a Hub never sends such.") from None
    return record if isinstance(record, dict) else {}


def _pairs(text: str) -> list[tuple[str, str]]:
    """The keys of an object in order, and each value as it is written."""
    found = []
    at = _next(text, _next(text, 0) + 1)
    while text[at] != "}":
        key, at = scanstring(text, at + 1, False)
        start = _next(text, _next(text, at) + 1)
        _, at = _DECODER.raw_decode(text, start)
        found.append((key, text[start:at]))
        at = _next(text, at)
        if text[at] == ",":
            at = _next(text, at + 1)
    return found


def _next(text: str, at: int) -> int:
    """The place of the next character that is no blank."""
    while text[at : at + 1] in (" ", "\t", "\r", "\n"):
        at += 1
    if at >= len(text):
        raise ValueError("The list ends in the middle.")
    return at


def elements(text: str) -> Iterable[bytes]:
    """The elements of a list in JSON, each as it is written. Raises ValueError where the list is cut."""
    at = _next(text, 0)
    if text[at] != "[":
        raise ValueError("No list of records: JSON begins with [ there.")
    at = _next(text, at + 1)
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        yield text[at:end].encode("utf-8", "surrogateescape")
        at = _next(text, end)
        if text[at] == ",":
            at = _next(text, at + 1)
