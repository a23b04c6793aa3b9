"""Find the model that a person means, or say which ones it might have been."""

import difflib
import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from lineage.answers.basis import Lineage
from lineage.chosen import row_of
from lineage.errors import NotFound
from lineage.ids import normalise
from lineage.snapshot import Snapshot


def model_row(snapshot: Snapshot, text: str, lineage: Lineage | None = None) -> int:
    """The row of the table `models` that `text` names: an id, else one in another case, or an address on the Hub.

    Raises NotFound with near misses. With `lineage`, a stub that is nobody's base under its basis is not
    there either; without, the stubs of every basis are.
    """
    wanted = _whole(text)
    row = row_of(snapshot, "models", "id", wanted)
    if row < 0 and (named := normalise(text)[0]) and named != text:
        wanted = named
        row = row_of(snapshot, "models", "id", wanted)
    if row >= 0 and (lineage is None or lineage.present[row]):
        return row
    ids = snapshot.table("models", ["id"]).column("id")
    folded = ids
    if row < 0:
        folded = pc.utf8_lower(ids)
        row = pc.index(folded, wanted.lower()).as_py()  # ids are sorted: the first A–Z
    if row >= 0 and (lineage is None or lineage.present[row]):
        return int(row)
    if row >= 0 and lineage is not None:
        least = snapshot.table("models", ["basis"]).column("basis")[row].as_py()
        raise NotFound(
            f"{ids[row].as_py()} is no model of the snapshot {snapshot.name} and, under the basis {lineage.basis}, "
            f"nobody's base. Ask with --basis {least}."
        )
    if lineage is not None:
        ids, folded = (column.filter(pa.array(lineage.present)) for column in (ids, folded))
    near = near_misses(ids, folded, wanted)
    hint = f" Did you mean {' or '.join(near)}?" if near else " `lineage rollup --limit 20` lists the largest."
    raise NotFound(f"There is no model {text!r} in the snapshot {snapshot.name}.{hint}")


def _whole(text: str) -> str:
    """`text` without halves of pairs, which no table holds: bytes that are no UTF-8 arrive as such."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def model_rows(snapshot: Snapshot, texts: Iterable[str], lineage: Lineage | None = None) -> list[int]:
    """`model_row` for each text, in order, each row once."""
    return list(dict.fromkeys(model_row(snapshot, text, lineage) for text in texts))


def near_misses(ids: pa.ChunkedArray, folded: pa.ChunkedArray, wanted: str) -> list[str]:
    """Up to three ids that `wanted` may have been meant for.

    Comparing with three million ids takes seconds, so candidates are those that share the account,
    the name, or a good part of the name.
    """
    account, _, name = wanted.lower().rpartition("/")
    stem = name[: max(3, len(name) * 2 // 3)]
    mask = pc.match_substring(folded, stem) if stem else pc.equal(folded, "")
    if account:
        mask = pc.or_(mask, pc.starts_with(folded, account + "/"))
    candidates = ids.filter(mask).slice(0, 5000).to_pylist()
    by_text = {c.lower(): c for c in reversed(candidates)}
    by_name = {c.lower().rpartition("/")[2]: c for c in reversed(candidates)}
    close = [by_text[t] for t in difflib.get_close_matches(wanted.lower(), by_text, 3, 0.6)]
    close += [by_name[t] for t in difflib.get_close_matches(name, by_name, 3, 0.75)]
    return list(dict.fromkeys(close))[:3]


def account(snapshot: Snapshot, text: str) -> str:
    """An account as the table `publishers` spells it, from its name in any case or its address on the Hub.

    Raises NotFound with near misses.
    """
    exact = _whole(text)
    wanted = exact.strip().removeprefix("https://huggingface.co/").strip("/")
    for spelled in (exact, wanted):
        if row_of(snapshot, "publishers", "publisher", spelled) >= 0:
            return spelled
    names = snapshot.table("publishers", ["publisher"]).column("publisher")
    folded = pc.utf8_lower(names)
    row = pc.index(folded, wanted.lower()).as_py()
    if row >= 0:
        return str(names[row].as_py())
    if "/" in wanted:
        raise NotFound(f"There is no account {text!r}: it reads like a model, whose account is before the slash.")
    stem = wanted.lower()[: max(2, len(wanted) // 2)]
    by_text = {n.lower(): n for n in names.filter(pc.match_substring(folded, stem)).slice(0, 5000).to_pylist()}
    near = [by_text[t] for t in difflib.get_close_matches(wanted.lower(), by_text, 3, 0.6)]
    hint = f" Did you mean {' or '.join(near)}?" if near else " `lineage shares --by publisher` lists the largest."
    raise NotFound(f"There is no account {text!r} in the snapshot {snapshot.name}.{hint}")
