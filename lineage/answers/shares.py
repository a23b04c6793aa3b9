"""Share rows by a cut, and the models under each key.

The numerators of a cut, with `(unknown)` and `(others)`, add up to the denominator.
"""

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lineage.answers.cuts import UNKNOWN, Parts, parts_of
from lineage.answers.frames import SHARE_FIELDS, Selection, share_row
from lineage.answers.owners import publisher_codes
from lineage.answers.pairs import distinct
from lineage.errors import NotFound
from lineage.metrics.graph import Ints

#: The key for everything beyond the limit.
OTHERS = "(others)"

SCHEMA = pa.schema([("key", pa.string()), ("by", pa.string()), *SHARE_FIELDS])


def _ranked(parts: Parts) -> tuple[list[int], Ints]:
    """Codes of known keys, largest first, ties A–Z; and the numerator of every code."""
    total = np.zeros(len(parts.keys), np.int64)
    np.add.at(total, parts.code, parts.counted)
    present = np.zeros(len(parts.keys), bool)
    present[parts.code] = True
    known = [c for c in np.flatnonzero(present).tolist() if parts.keys[c] != UNKNOWN]
    known.sort(key=parts.keys.__getitem__)
    order = np.argsort(-total[known], kind="stable")
    return np.array(known, np.int64)[order].tolist(), total


def _flags(selection: Selection, parts: Parts, codes: list[int]) -> Any:
    chosen = np.zeros(len(parts.keys), bool)
    chosen[codes] = True
    flags = np.zeros(len(selection.inside), bool)
    flags[parts.row[chosen[parts.code]]] = True
    return flags & selection.inside


def shares(selection: Selection, by: str, limit: int | None = None, keys: Sequence[str] = ()) -> pa.Table:
    """Share rows with `key`: the `limit` largest, the rest as `(others)`, unknown as `(unknown)`.

    With `keys` these instead of the largest. Raises NotFound for one that no model of the frame has.

    Columns: key, by, and those of a share row. A key without a model in the frame is not listed.
    """
    parts = parts_of(selection, by)
    order, total = _ranked(parts)
    present = (total > 0) | _has_model(selection, parts)
    if not parts.single:
        # A root outside the frame with nothing below it in the frame is nobody's key.
        order = [c for c in order if present[c]]
    shown = order if limit is None else order[:limit]
    if keys:
        shown = _asked(parts, order, keys)
    rows = _rows_of(selection, parts, by, shown, total)
    rest = sorted(set(order) - set(shown))
    if rest:
        lead = {"key": OTHERS, "by": by}
        rows.append(share_row(selection, lead, int(total[rest].sum()), _flags(selection, parts, rest)))
    unknown = [c for c, key in enumerate(parts.keys) if key == UNKNOWN and present[c]]
    if unknown:
        lead = {"key": UNKNOWN, "by": by}
        rows.append(share_row(selection, lead, int(total[unknown].sum()), _flags(selection, parts, unknown)))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _asked(parts: Parts, order: list[int], keys: Sequence[str]) -> list[int]:
    """The codes of the keys asked for, largest first; names are compared without case."""
    by_name = {parts.keys[code].casefold(): code for code in reversed(order)}
    keys = [key for key in keys if key != UNKNOWN]  # it has a row of its own in any case
    for key in keys:
        if key.casefold() not in by_name:
            near = difflib.get_close_matches(key.casefold(), by_name, 3, 0.6)
            hint = f" Did you mean {' or '.join(parts.keys[by_name[n]] for n in near)}?" if near else ""
            raise NotFound(f"No model of this frame comes under {key!r}.{hint}")
    asked = {by_name[key.casefold()] for key in keys}
    return [code for code in order if code in asked]


def _has_model(selection: Selection, parts: Parts) -> Any:
    has = np.zeros(len(parts.keys), bool)
    has[parts.code[selection.inside[parts.row]]] = True
    return has


def _rows_of(selection: Selection, parts: Parts, by: str, shown: list[int], total: Ints) -> list[dict[str, Any]]:
    """Share rows of many keys: models and publishers are counted for all of them in one pass."""
    inside = selection.inside[parts.row]
    of_key, model = distinct(parts.code[inside], parts.row[inside], len(selection.inside))
    models = np.bincount(of_key, minlength=len(parts.keys))
    account = publisher_codes(selection.snapshot)
    ownerless = selection.snapshot.table("publishers", ["publisher"]).num_rows
    of_key, host = distinct(of_key, account[model], ownerless + 1)
    publishers = np.bincount(of_key[host != ownerless], minlength=len(parts.keys))
    empty = np.zeros(len(selection.inside), bool)
    rows = []
    for code in shown:
        row = share_row(selection, {"key": parts.keys[code], "by": by}, int(total[code]), empty)
        row["models"], row["publishers"] = int(models[code]), int(publishers[code])
        rows.append(row)
    return rows


def members(selection: Selection, by: str, keys: Sequence[str] = ()) -> pa.Table:
    """The models under each key: key, id, publisher, downloads, counted, base, relation, why.

    `counted` is the model's part of the key's numerator; null by family and origin, where no single
    model's part exists.
    """
    parts = parts_of(selection, by)
    rank = {code: i for i, code in enumerate(_ranked(parts)[0])}
    keep = selection.inside[parts.row]
    code, row, counted = parts.code[keep], parts.row[keep], parts.counted[keep]
    if not parts.single:
        code, row = distinct(code, row, len(selection.inside))
        counted = np.zeros(len(code), np.int64)
    if keys:
        codes = _asked(parts, list(rank), keys)
        chosen = np.isin(code, codes + [c for c, name in enumerate(parts.keys) if name == UNKNOWN and UNKNOWN in keys])
        code, row, counted = code[chosen], row[chosen], counted[chosen]
    place = np.array([rank.get(c, len(rank)) for c in range(len(parts.keys))], np.int64)[code]
    value = selection.value[row]
    order = np.lexsort((row, -value, place))
    code, row, counted, value = code[order], row[order], counted[order], value[order]
    models = selection.lineage.models(["id", "publisher", "base", "relation"]).take(pa.array(row))
    why = "it goes back to this" if not parts.single else f"its {by} is this"
    return pa.table(
        {
            "key": pa.array(parts.keys, pa.string()).take(pa.array(code)),
            "id": models.column("id"),
            "publisher": models.column("publisher"),
            "downloads": value,
            "counted": counted if parts.single else pa.nulls(len(row), pa.int64()),
            "base": models.column("base"),
            "relation": models.column("relation"),
            "why": pa.array([why] * len(row), pa.string()),
        }
    )
