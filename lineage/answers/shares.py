"""Share rows by a cut, and the models under each key.

The numerators of a cut, with `(unknown)` and `(others)`, add up to the denominator.
"""

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.cuts import UNKNOWN, Parts, parts_of
from lineage.answers.frames import SHARE_FIELDS, Selection, member_rows, share_of, share_row
from lineage.answers.owners import publisher_codes
from lineage.answers.pairs import distinct, each_once, sums
from lineage.errors import NotFound
from lineage.metrics.graph import Ints

#: The key for everything beyond the limit.
OTHERS = "(others)"

#: Keys that are looked at for a likeness to one that is not there.
_LIKE = 5000

SCHEMA = pa.schema([("key", pa.string()), ("by", pa.string()), *SHARE_FIELDS])


def _known(parts: Parts) -> tuple[Ints, Ints]:
    """Codes of known keys, in no order; and the numerator of every code."""
    total = sums(parts.code, parts.counted, len(parts.keys))
    present = np.zeros(len(parts.keys), bool)
    present[parts.code] = True
    return np.flatnonzero(present & ~parts.unknown), total


def _ranked(parts: Parts, known: Ints, total: Ints, limit: int | None = None) -> Ints:
    """The codes `known`, or the `limit` first of them, largest first, ties A–Z."""
    if limit is not None and limit < len(known):
        # Whoever holds less than the last of so many is not looked at: a million names take long to compare.
        known = known[total[known] >= np.partition(total[known], -limit)[-limit]] if limit else known[:0]
    return known[np.lexsort((_places(parts.keys.take(pa.array(known))), -total[known]))][:limit]


def _places(keys: pa.StringArray) -> Ints:
    """int64[k]: the place of each key among all, A–Z."""
    places = np.arange(len(keys))
    # Accounts and ids, a million of them, come A–Z already.
    if not pc.all(pc.less_equal(keys.slice(0, max(len(keys) - 1, 0)), keys.slice(1))).as_py():
        places[pc.sort_indices(keys).to_numpy()] = np.arange(len(keys))
    return places


def _flags(selection: Selection, parts: Parts, chosen: Any) -> Any:
    """bool[n]: the models of the frame under one of the chosen keys (bool[keys])."""
    flags = np.zeros(len(selection.inside), bool)
    flags[parts.row[chosen[parts.code]]] = True
    return flags & selection.inside


def shares(selection: Selection, by: str, limit: int | None = None, keys: Sequence[str] = ()) -> pa.Table:
    """Share rows with `key`: the `limit` largest, the rest as `(others)`, unknown as `(unknown)`.

    With `keys` these instead of the largest. Raises NotFound for one that no model of the frame has.

    Columns: key, by, and those of a share row. A key without a model in the frame is not listed.
    """
    parts = parts_of(selection, by)
    known, total = _known(parts)
    present = (total > 0) | _has_model(selection, parts)
    if not parts.single:
        # A root outside the frame with nothing below it in the frame is nobody's key.
        known = known[present[known]]
    shown = _asked(parts, _ranked(parts, known, total), keys) if keys else _ranked(parts, known, total, limit)
    rows = _rows_of(selection, parts, by, shown, total)
    rest = np.zeros(len(parts.keys), bool)
    rest[known] = True
    rest[shown] = False
    for key, chosen in ((OTHERS, rest), (UNKNOWN, present & parts.unknown)):
        if chosen.any():
            lead = {"key": key, "by": by}
            rows.append(share_row(selection, lead, int(total[chosen].sum()), _flags(selection, parts, chosen)))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _asked(parts: Parts, order: Ints, keys: Sequence[str]) -> Ints:
    """The codes of the keys asked for, largest first; names are compared without case."""
    names = pc.utf8_lower(parts.keys.take(pa.array(order)))
    asked = []
    for key in keys:
        if key == UNKNOWN:
            continue  # it has a row of its own in any case
        place = pc.index(names, key.lower()).as_py()
        if place < 0:
            like = names.filter(pc.starts_with(names, key.lower()[:2])).slice(0, _LIKE).to_pylist()
            near = [pc.index(names, n).as_py() for n in difflib.get_close_matches(key.lower(), like, 3, 0.6)]
            hint = f" Did you mean {' or '.join(parts.keys[int(order[n])].as_py() for n in near)}?" if near else ""
            raise NotFound(f"No model of this frame comes under {key!r}.{hint}")
        asked.append(place)
    return order[each_once(np.array(asked, np.int64))]


def _has_model(selection: Selection, parts: Parts) -> Any:
    has = np.zeros(len(parts.keys), bool)
    has[parts.code[selection.inside[parts.row]]] = True
    return has


def _rows_of(selection: Selection, parts: Parts, by: str, shown: Ints, total: Ints) -> list[dict[str, Any]]:
    """Share rows of some keys: models and publishers are counted for all of them in one pass."""
    wanted = np.full(len(parts.keys), -1)
    wanted[shown] = np.arange(len(shown))
    of_key = wanted[parts.code]
    mine = (of_key >= 0) & selection.inside[parts.row]
    of_key, model = distinct(of_key[mine], parts.row[mine], len(selection.inside))
    models = np.bincount(of_key, minlength=len(shown))
    account = publisher_codes(selection.snapshot)
    ownerless = selection.snapshot.table("publishers", ["publisher"]).num_rows
    of_key, host = distinct(of_key, account[model], ownerless + 1)
    publishers = np.bincount(of_key[host != ownerless], minlength=len(shown))
    told = zip(
        parts.keys.take(pa.array(shown)).to_pylist(), total[shown].tolist(), models.tolist(), publishers.tolist(),
        strict=True,
    )  # fmt: skip
    return [share_of(selection, {"key": key, "by": by}, *numbers) for key, *numbers in told]


def members(selection: Selection, by: str, keys: Sequence[str] = ()) -> pa.Table:
    """The models under each key: key, id, publisher, downloads, counted, base, relation, why.

    `counted` is the model's part of the key's numerator; null by family and origin, where no single
    model's part exists.
    """
    parts = parts_of(selection, by)
    ranked = _ranked(parts, *_known(parts))
    keep = selection.inside[parts.row]
    code, row, counted = parts.code[keep], parts.row[keep], parts.counted[keep]
    if not parts.single:
        code, row = distinct(code, row, len(selection.inside))
        counted = np.zeros(len(code), np.int64)
    if keys:
        wanted = parts.unknown & (UNKNOWN in keys)
        wanted[_asked(parts, ranked, keys)] = True
        chosen = wanted[code]
        code, row, counted = code[chosen], row[chosen], counted[chosen]
    place = np.full(len(parts.keys), len(ranked))
    place[ranked] = np.arange(len(ranked))
    place = place[code]
    value = selection.value[row]
    order = np.lexsort((row, -value, place))
    code, row, counted = code[order], row[order], counted[order]
    why = "it goes back to this" if not parts.single else f"its {by} is this"
    part = pa.array(counted, pa.int64()) if parts.single else pa.nulls(len(row), pa.int64())
    key = {"key": parts.keys.take(pa.array(code))}
    return member_rows(selection, key, row, part, pa.array([why] * len(row), pa.string()))
