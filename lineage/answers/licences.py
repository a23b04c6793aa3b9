"""Whether a derivative declares another licence than the model that it was made from.

A conflict is that the declared words differ, nothing more: licences are compared as sets, without case. It is no legal
judgement: a licence may allow another one, and a card may be wrong. Where either side declares nothing, or `other` or
`unknown` among its words, what it means is not known, and so is whether there is a conflict.
"""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

#: Declared words that name no licence.
_NO_LICENCE = frozenset({"other", "unknown", ""})


def declared(licences: Iterable[str | None] | None) -> frozenset[str] | None:
    """The licences as a set in small letters; None where they are not known."""
    found = frozenset((word or "").strip().casefold() for word in licences or ())
    return found if found and not found & _NO_LICENCE else None


def conflicts(mine: pa.ChunkedArray, above: pa.ChunkedArray) -> pa.Array:
    """bool[n]: whether two columns of list<string>[n] name different licences; null where either is not known.

    Few lists differ among many models, so each kind of list is looked at once.
    """
    text = pc.binary_join(pa.concat_arrays([_one(mine), _one(above)]), "\n").dictionary_encode()
    kinds = [declared(words.split("\n")) for words in text.dictionary.to_pylist()]
    names = {kind: code for code, kind in enumerate(dict.fromkeys(k for k in kinds if k is not None))}
    code_of = np.array([-1 if k is None else names[k] for k in kinds] + [-1], np.int64)
    codes = code_of[text.indices.cast(pa.int64()).fill_null(len(kinds)).to_numpy()]
    here, there = codes[: len(mine)], codes[len(mine) :]
    return pa.array(here != there, pa.bool_(), mask=(here < 0) | (there < 0))


def licence_remarks(conflict: pa.ChunkedArray | pa.Array, pairs: int) -> list[str]:
    """The sentences that count conflicts, and those of which nothing can be said.

    `conflict`: as `conflicts`; `pairs`: how many of its lines are of a model that hangs under another.
    """
    compared, differ = len(conflict) - conflict.null_count, pc.sum(conflict).as_py() or 0
    said = []
    if differ:
        said.append(
            f"{differ:,} of {compared:,} models with known licences declare another one than the model that they hang "
            "under (conflict): declared words differ, which is no legal judgement"
        )
    if pairs > compared:
        said.append(
            f"conflict is empty in {pairs - compared:,} of {pairs:,} lines: a licence, or that above, is not known"
        )
    return said


def _one(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
