"""The four ways in which a family is told apart: by relation, host, licence and time of creation.

Each cut gives every model one key, so the lines of its legend add up to the family. A base that is not in the
snapshot has no key and is in no count. Arrays over all models at once; no markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.metrics.graph import Ints
from lineage.metrics.pairs import each_once
from lineage.views import wording
from lineage.views.families.tree import Tree
from lineage.views.pictures import palette
from lineage.views.pictures.picture import Entry, Legend

#: So many keys have a colour of their own; the models of all others are "(others)".
KEYS = 7
UNKNOWN, OTHERS = "(unknown)", "(others)"
_ORDINALS = ("first", "second", "third", "fourth")


@dataclass(frozen=True)
class Cut:
    """`codes`: for each tree row the number of its entry in `legend.entries`, -1 for what is not in the snapshot.

    `starts` (of the cut by creation alone): for each entry but "(unknown)" its first day, in days since 1970.
    """

    option: str  # how a menu calls it
    legend: Legend
    codes: Ints
    starts: tuple[int, ...] = ()


def cuts(tree: Tree) -> tuple[Cut, ...]:
    """All four, in the order of the menu."""
    return relations(tree), hosts(tree), licences(tree), created(tree)


def relations(tree: Tree) -> Cut:
    """How the models of the family were made."""
    words = tree.table["relation"].fill_null("unlabelled")
    keys = pa.array(palette.RELATIONS)
    other = list(palette.RELATIONS).index("unlabelled")
    codes = pc.index_in(words, value_set=keys).fill_null(other).to_numpy().astype(np.int64)
    codes[0] = 0  # the top's relation is to something outside
    looks = palette.RELATIONS.items()
    entries = [Entry(key, look.many, look.about, 0, 0, f"relation-{key or 'top'}", look.letter) for key, look in looks]
    return _cut(tree, "relation", "relation", "How they were made", entries, codes)


def hosts(tree: Tree) -> Cut:
    """Who hosts the models of the family."""
    other = list(palette.HOSTS).index("other")
    found = pc.index_in(tree.table["kind"], value_set=pa.array(palette.HOSTS)).fill_null(other)
    codes = found.to_numpy().astype(np.int64)
    accounts = pc.utf8_lower(tree.table["publisher"].fill_null("")).filter(pc.invert(tree.table["stub"]))
    seen = pa.table({"kind": pa.array(codes).filter(pc.invert(tree.table["stub"])), "account": accounts})
    counted = seen.group_by("kind").aggregate([("account", "count_distinct")])
    number = dict(zip(*(counted[name].to_pylist() for name in ("kind", "account_count_distinct")), strict=True))
    entries = [
        Entry(key, host.many, wording.count(number.get(place, 0), "account"), 0, 0, f"host-{key}", host.letter)
        for place, (key, host) in enumerate(palette.HOSTS.items())
    ]
    return _cut(tree, "host", "kind of publisher", "Who hosts them", entries, codes, empty=True)


def licences(tree: Tree) -> Cut:
    """Under which licence; of several that a card names, the first counts. The `KEYS` of most models, ties A–Z."""
    lists = tree.table["licences"].combine_chunks()
    length = pc.list_value_length(lists).fill_null(0).to_numpy().astype(np.int64)
    texts = lists.flatten().dictionary_encode()
    first = np.full(len(tree), -1, np.int64)
    has = length > 0
    first[has] = texts.indices.to_numpy()[(np.cumsum(length) - length)[has]]
    # a card may say so in these very words
    names = [f"“{name}”" if name in (UNKNOWN, OTHERS) else name for name in texts.dictionary.to_pylist()]
    counted = np.bincount(first[has & ~_stubs(tree)], minlength=len(names)).tolist()
    ranked = sorted(
        (each for each in range(len(names)) if counted[each]), key=lambda each: (-counted[each], names[each])
    )
    kept = ranked[:KEYS]
    number = np.full(len(names) + 1, len(kept), np.int64)  # the last one is for models without any, at -1
    number[kept] = np.arange(len(kept))
    number[-1] = len(kept) + 1
    entries = [
        Entry(names[each], names[each], "", 0, 0, f"tint-{place}", str(place)) for place, each in enumerate(kept, 1)
    ]
    left = wording.count(len(ranked) - len(kept), "other licence")
    entries += [Entry(OTHERS, OTHERS, left, 0, 0, "tint-others", "+"), _unknown("no licence is stated")]
    return _cut(tree, "licence", "licence", "Under which licence", entries, number[first])


def created(tree: Tree) -> Cut:
    """When they were created: by the month, quarter, half-year or year, whichever first needs at most `KEYS` periods.

    Of more than `KEYS` years the first ones are one period. Days are UTC.
    """
    days = tree.table["created_at"].cast(pa.date32()).combine_chunks()
    known = pc.is_valid(days).to_numpy(zero_copy_only=False)
    moments = days.cast(pa.int32()).fill_null(0).to_numpy().astype("datetime64[D]")
    months = moments.astype("datetime64[M]").astype(np.int64)  # since January 1970
    inside = months[known & ~_stubs(tree)]
    starts: list[int] = []
    entries: list[Entry] = []
    codes = np.zeros(len(tree), np.int64)
    if len(inside):
        step = next((each for each in (1, 3, 6, 12) if _span(inside, each) <= KEYS), 12)
        periods = months // step
        oldest = max(int(periods[known].min()), int(inside.max()) // step - KEYS + 1)
        periods = np.maximum(periods, oldest)
        found = each_once(periods[known & ~_stubs(tree)])
        codes = np.searchsorted(found, periods)
        cut_off = bool((months[known] // step < oldest).any())
        for place, period in enumerate(found.tolist()):
            key, word = _period(period, step, cut_off and place == 0)
            shade = round(place * (KEYS - 1) / (len(found) - 1)) + 1 if len(found) > 1 else (KEYS + 1) // 2
            entries.append(Entry(key, word, "", 0, 0, f"ramp-{shade}", str(place + 1)))
            first = np.datetime64(period * step, "M").astype("datetime64[D]").astype(int)
            starts.append(int(first))
    codes = np.where(known, codes, len(entries))
    entries.append(_unknown("no date is known"))
    return _cut(tree, "created", "time of creation", "When they were created", entries, codes, tuple(starts))


def _span(months: Ints, step: int) -> int:
    return int(months.max() // step - months.min() // step) + 1


def _period(number: int, step: int, earlier: bool) -> tuple[str, str]:
    """A key for the address and a word for a person; `number` counts periods of `step` months since 1970."""
    year, part = 1970 + number * step // 12, number % (12 // step)
    if step == 12:
        return str(year), f"{year} and before" if earlier else str(year)
    if step == 6:
        return f"{year}-H{part + 1}", f"{year}, {_ORDINALS[part]} half"
    if step == 3:
        return f"{year}-Q{part + 1}", f"{year}, {_ORDINALS[part]} quarter"
    return f"{year}-{part + 1:02}", f"{_MONTHS[part]} {year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _unknown(about: str) -> Entry:
    return Entry(UNKNOWN, UNKNOWN, about, 0, 0, "tint-unknown", "?")


def _stubs(tree: Tree) -> np.ndarray:
    return np.asarray(tree.table["stub"].to_numpy(), dtype=bool)


def _cut(
    tree: Tree,
    by: str,
    option: str,
    title: str,
    entries: Sequence[Entry],
    codes: Ints,
    starts: tuple[int, ...] = (),
    empty: bool = False,
) -> Cut:
    """Counts every entry; those without models are left out unless `empty`."""
    counted = ~_stubs(tree)
    amounts = tree.table["downloads"].fill_null(0).to_numpy()
    models = np.bincount(codes[counted], minlength=len(entries))
    downloads = np.zeros(len(entries), np.int64)
    np.add.at(downloads, codes[counted], amounts[counted])
    kept = np.flatnonzero((models > 0) | empty)
    number = np.full(len(entries), -1, np.int64)
    number[kept] = np.arange(len(kept))
    filled = tuple(
        Entry(each.key, each.word, each.about, int(models[place]), int(downloads[place]), each.look, each.letter)
        for place, each in enumerate(entries)
        if number[place] >= 0
    )
    return Cut(option, Legend(by, title, filled), np.where(counted, number[codes], -1), starts)
