"""Who an account is and what counts it as an intermediary, in sentences."""

from decimal import Decimal
from typing import Any

import numpy as np

from lineage import reference
from lineage.answers.frames import Selection
from lineage.answers.intermediaries import DEFAULT_THRESHOLD, RELATIONS_OF, repackaged_of
from lineage.answers.owners import hosted
from lineage.chosen import row_of, where
from lineage.schema import RULES


def remarks(selection: Selection, account: str, owner: str = "group") -> list[str]:
    """Remarks about an account of the table `publishers`: who it is, its lists, the rules that count it."""
    columns = ["publisher", "type", "countries", "owner_group", "stubs"]
    (row,) = where(selection.snapshot, "publishers", "publisher", account, columns).to_pylist()
    said = [_who(selection, row), _lists(account), _rules(selection, account, owner)]
    if row["stubs"]:
        many = "model of it is" if row["stubs"] == 1 else "models of it are"
        said.append(f"{row['stubs']:,} {many} named as a base and not in the snapshot; they count no downloads here")
    return said


def _who(selection: Selection, row: dict[str, Any]) -> str:
    """Type, countries and owner group as the snapshot has them, and the row of the shipped table that says so."""
    name = str(row["publisher"])
    found = reference.publishers(None, selection.snapshot.taken_at[:10]).get(name.casefold())
    countries = tuple(row["countries"] or ())
    words = [str(row["type"] or "type unknown"), ", ".join(countries) or "country unknown"]
    if row["owner_group"]:
        words.append(f"one of the accounts of {row['owner_group']}")
    if found is None:
        source = "no row of the table of publishers names it" if not row["type"] else "from a table given to the build"
    elif (found.type, found.countries, found.owner_group) == (
        row["type"] or "unknown",
        countries,
        row["owner_group"] or "",
    ):
        where = f"({found.source}, confidence {found.confidence})"
        source = f"source: publishers.csv, as of {found.as_of}: {found.evidence} {where}"
    else:
        source = "from another table than the shipped one"
    return f"{name}: {'; '.join(words)}. {source[0].upper()}{source[1:]}"


def _lists(name: str) -> str:
    on = [which for which in ("strict", "all") if name.casefold() in map(str.casefold, reference.intermediaries(which))]
    if on:
        return f"{name} is on the list{'s' if len(on) > 1 else ''} of intermediaries {' and '.join(on)}"
    return f"{name} is on no list of intermediaries (strict, all)"


def counted_by(selection: Selection, account: str, owner: str = "group") -> list[dict[str, Any]]:
    """What each of R1–R6 counts of the account's repositories, in the frame `all`: rule, downloads, models (int)."""
    mine = hosted(selection.snapshot, account) & selection.inside
    total = int(selection.value[mine].sum())
    repackaged = repackaged_of(selection, row_of(selection.snapshot, "publishers", "publisher", account), owner)
    listed = account.casefold() in map(str.casefold, reference.intermediaries())
    found = []
    for rule in RULES:
        if rule == "R1":
            flags = mine & listed
        else:
            flags = mine & repackaged[RELATIONS_OF[rule]]
        if rule in ("R2", "R3"):
            flags = mine & (total > 0 and int(selection.value[flags].sum()) >= Decimal(DEFAULT_THRESHOLD) * total)
        downloads, models = int(selection.value[flags].sum()), int(np.count_nonzero(flags))
        found.append({"rule": rule, "downloads": downloads, "models": models})
    return found


def _rules(selection: Selection, account: str, owner: str) -> str:
    """Which of R1–R6 count the account, and how many of its downloads; in the frame `all`."""
    total = int(selection.value[hosted(selection.snapshot, account) & selection.inside].sum())
    counted, not_counted = [], []
    for row in counted_by(selection, account, owner):
        if row["models"]:
            models = row["models"]
            counted.append(f"{row['rule']} {row['downloads']:,} ({models:,} {'model' if models == 1 else 'models'})")
        else:
            not_counted.append(row["rule"])
    words = (
        f"Of its {total:,} downloads the rules count: {', '.join(counted)}" if counted else "No rule R1–R6 counts it"
    )
    return words + (f"; not {', '.join(not_counted)}" if counted and not_counted else "")
