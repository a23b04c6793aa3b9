"""Measure how far the tables of accounts reach on the samples, and write what comes out into `docs/data.md`.

    python scripts/coverage.py

Every figure is a part of downloads, by the rows that hold on the day of the sample. An organisation is an account
of any type but `person`; an account that is in no table is unknown. Percentages are cut, not rounded up.
"""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

from lineage import reference
from lineage.sources.sample import SAMPLES, Origin

PAGE = Path(__file__).resolve().parent.parent / "docs" / "data.md"
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"


def by_account(sample: Origin) -> Counter[str]:
    """Downloads of each account, in lower case; ids without owner are under the empty name."""
    found: Counter[str] = Counter()
    table = pq.read_table(sample.path, columns=["id", "downloads"])
    for id, downloads in zip(table["id"].to_pylist(), table["downloads"].to_pylist(), strict=True):
        found[id.rpartition("/")[0].casefold()] += downloads or 0
    return found


def column(sample: Origin) -> dict[str, str]:
    """What is told of one sample, by the words that begin the line."""
    found = by_account(sample)
    known = reference.publishers(at=sample.taken_at)
    typed = {account: known[account] for account in found if account in known and known[account].type != "unknown"}
    firms = [account for account, row in typed.items() if row.type != "person"]
    listed = {name.casefold(): name for name in reference.intermediaries("strict")}

    def part(accounts: Iterable[str], of: Iterable[str] = found) -> str:
        return f"{sum(found[a] for a in accounts) * 10000 // sum(found[a] for a in of) / 100:.2f} %"

    def largest(accounts: Iterable[str], count: int = 1) -> list[str]:
        return sorted(accounts, key=lambda a: (-found[a], a))[:count]

    unplaced, top = largest(a for a in firms if not typed[a].countries), largest(found)
    three = largest(set(listed) & set(found), 3)
    named = ", ".join(listed[a] for a in three)
    return {
        "downloads": f"{found.total():,}",
        "of all: the account has a type": part(typed),
        "of all: the account is an organisation": part(firms),
        "of all: the account has a country": part(a for a, row in typed.items() if row.countries),
        **{f"of all: the row is of confidence `{level}`": part(a for a, row in typed.items() if row.confidence == level)
           for level in ("high", "medium", "low")},
        "of all: a person by the handle alone": part(a for a, row in typed.items() if "not read" in row.evidence),
        "of all: the largest account": f"{part(top)} ({', '.join(typed[a].account for a in top)})",
        "of all: the ten largest accounts": part(largest(found, 10)),
        "of organisations: the account has a country": part((a for a in firms if typed[a].countries), firms),
        "of organisations: the largest without a country": f"{part(unplaced, firms)} ({typed[unplaced[0]].account})",
        "of all: the account is on the strict list": part(set(listed) & set(found)),
        "of the strict list: its three largest": f"{part(three, set(listed) & set(found))} ({named})",
    }  # fmt: skip


def figures() -> str:
    """The generated part of the page."""
    columns = {name: column(sample) for name, sample in SAMPLES.items()}
    text = f"| part of downloads | {' | '.join(columns)} |\n|---|---:|---:|\n"
    for words in columns["sample"]:
        text += f"| {words} | {' | '.join(told[words] for told in columns.values())} |\n"
    return text


if __name__ == "__main__":
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(before + BEGIN + "\n" + figures() + "\n" + END + rest.split(END)[1], encoding="utf-8")
    sys.stdout.write(figures())
