"""What the program knows about the world, and the only module that reads the tables of `lineage/data`.

Who an account is, who re-packages, which tag names a library, where the ownerless ids went: facts with
evidence and date, in CSV files that anyone can read and contest (`lineage/data/README.md`), never in code.
Accounts, libraries and ids are compared without case. Tables that a user brings are checked by the same
rules, and the first thing that is wrong is named with its line.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from lineage.errors import SourceError, UsageError

DATA = Path(__file__).parent / "data"

#: What an account can be. `unknown` is also what an account that is not in the table is.
TYPES = ("company", "university", "institute", "public-body", "community", "person", "unknown")

PUBLISHER_COLUMNS = (
    "account",
    "type",
    "countries",
    "owner_group",
    "from",
    "until",
    "evidence",
    "source",
    "as_of",
    "confidence",
)

INTERMEDIARY_COLUMNS = (
    "account",
    "kind",
    "formats",
    "strict",
    "evidence",
    "opposite_case",
    "source",
    "as_of",
    "confidence",
)

PUBLISHED_COLUMNS = ("figure", "year", "value", "note", "source", "as_of")

NAME_RULE_COLUMNS = ("rule", "relation", "on", "about", "evidence", "as_of")

RELATION_WEIGHT_COLUMNS = ("relation", "weight", "source")

PHRASE_COLUMNS = ("rule", "relation", "pattern", "on", "example", "evidence", "as_of")

_ACCOUNT = re.compile(r"[A-Za-z0-9._-]+")
_GROUP = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who an account is between two dates, both included; an empty date is open."""

    account: str
    type: str = "unknown"
    countries: tuple[str, ...] = ()
    owner_group: str = ""
    since: str = ""
    until: str = ""
    evidence: str = ""
    source: str = ""
    as_of: str = ""
    confidence: str = ""

    @property
    def owner(self) -> str:
        """The owner group, or the account itself where it belongs to none."""
        return self.owner_group or self.account

    def holds(self, at: str) -> bool:
        """Whether this says who the account is on the day `at`."""
        return (not self.since or self.since <= at) and (not self.until or at <= self.until)


def publishers(path: Path | None = None, at: str | None = None) -> dict[str, Publisher]:
    """Every known account, by its name in lower case (`casefold`), as it was on the day `at`.

    `at` is an ISO date; without it the newest row of each account counts. A file at `path`, with any of
    the columns of `publishers.csv`, overrides the shipped table: where one of its rows holds, its columns
    replace those of the shipped row, and columns that it lacks keep their shipped value.
    Raises UsageError for a bad date and for anything wrong in the file (unknown column, account twice for
    one period, country code that does not exist …), with its line; SourceError where it cannot be read.
    """
    if at is not None and not _is_date(at):
        raise UsageError(f"{at!r} is not a date. Write it as YYYY-MM-DD.")
    known: dict[str, Publisher] = {}
    for table in [DATA / "publishers.csv"] + ([path] if path else []):
        for row in _newest_last(table, known):
            if at is None or row.holds(at):
                known[row.account.casefold()] = row
    return known


def intermediaries(which: str = "strict") -> list[str]:
    """The accounts of a list of intermediaries, A–Z without regard to case.

    `which` is `strict` (accounts that host practically nothing but others' weights), `all`, the name of a
    list in `lineage/data/lists`, or a file: CSV with a column `account`, or text with one account a line.
    Raises UsageError where there is no such list or file, or where the file is wrong, with the line.
    """
    shipped = DATA / "lists" / f"{which}.csv"
    if which in ("strict", "all"):
        rows = _rows(DATA / "intermediaries.csv", INTERMEDIARY_COLUMNS)
        accounts = [row["account"] for _, row in rows if which == "all" or row["strict"] == "yes"]
    elif which in list_names():
        accounts = _accounts(shipped)
    elif Path(which).is_file():
        accounts = _accounts(Path(which))
    else:
        raise UsageError(
            f"There is no list and no file {which!r}. The lists are {', '.join(list_names())}; "
            "a file is CSV with a column `account`, or text with one account a line."
        )
    return sorted(accounts, key=str.casefold)


def list_said(which: str = "strict") -> tuple[str, int, str, str]:
    """Of a list of intermediaries: name (of a file its base name), number of accounts, newest day of its evidence (""
    for none), first 12 hex digits of its file's sha256. Raises UsageError as `intermediaries` does."""
    accounts = intermediaries(which)
    named = DATA / ("intermediaries.csv" if which in ("strict", "all") else f"lists/{which}.csv")
    path = named if which in list_names() else Path(which)
    lines = _text(path).splitlines()
    dated = bool(lines) and {"account", "as_of"} <= set(lines[0].split(","))
    newest = max((row["as_of"] for _, row in _rows(path, INTERMEDIARY_COLUMNS)), default="") if dated else ""
    return Path(which).name, len(accounts), newest, hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def list_names() -> list[str]:
    """The names that `intermediaries` takes: `strict`, `all`, then the shipped lists A–Z."""
    return ["strict", "all", *sorted(path.stem for path in (DATA / "lists").glob("*.csv"))]


@cache
def libraries() -> frozenset[str]:
    """The tags that name a library on the Hub, in lower case (`casefold`)."""
    rows = _rows(DATA / "libraries.csv", ("library", "evidence", "as_of"))
    return frozenset(row["library"].casefold() for _, row in rows)


@cache
def derived_tags() -> frozenset[str]:
    """Tags that say that a model was made from another, in lower case, beside those of quantized formats."""
    return frozenset(row["tag"].casefold() for _, row in _rows(DATA / "derived_tags.csv", ("tag", "evidence", "as_of")))


def legacy_ids() -> dict[str, str]:
    """Where the ownerless ids of the early Hub live now: `bert-base-cased` → `google-bert/…`."""
    rows = _rows(DATA / "legacy_ids.csv", ("legacy_id", "id", "evidence", "as_of"))
    return {row["legacy_id"].casefold(): row["id"] for _, row in rows}


@cache
def countries() -> frozenset[str]:
    """The codes of ISO 3166-1 alpha-2."""
    return frozenset(row["code"] for _, row in _rows(DATA / "countries.csv", ("code", "name")))


def versions() -> dict[str, str]:
    """The first 12 hex digits of the sha256 of every table and list, by file name, for the manifest."""
    files = sorted([*DATA.glob("*.csv"), *DATA.glob("lists/*.csv")])
    return {file.relative_to(DATA).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()[:12] for file in files}


def _newest_last(path: Path, below: dict[str, Publisher]) -> list[Publisher]:
    """The checked rows of a table of publishers, the newest of an account last.

    What a row does not say is taken from the row of the same account in `below`.
    """
    periods: dict[str, list[Publisher]] = {}
    for line, row in _rows(path, PUBLISHER_COLUMNS):
        where = f"{path.name}, line {line}"
        account = row["account"].casefold()
        publisher = _publisher(row, below.get(account, Publisher(row["account"])), where)
        for other in periods.setdefault(account, []):
            if publisher.since <= (other.until or "9999") and other.since <= (publisher.until or "9999"):
                raise UsageError(
                    f"{where}: {row['account']} is there twice for the same time. "
                    "Give the rows `from` and `until` that do not overlap, or remove one."
                )
        periods[account].append(publisher)
    return sorted((row for rows in periods.values() for row in rows), key=lambda row: row.since)


def _publisher(row: dict[str, str], base: Publisher, where: str) -> Publisher:
    """`base` with what `row` says. Raises UsageError, beginning with `where`, for a value that cannot be."""
    if not _ACCOUNT.fullmatch(row["account"]):
        raise UsageError(f"{where}: {row['account']!r} is not the name of an account.")
    codes = tuple(filter(None, re.split(r"\s*;\s*", row.get("countries", ""))))
    for code in codes:
        if code not in countries() or codes.count(code) > 1:
            problem = "twice" if code in countries() else "no ISO 3166-1 alpha-2 code"
            raise UsageError(f"{where}: country {code!r} is {problem}. Write codes such as FR or CN;HK.")
    if row.get("type") and row["type"] not in TYPES:
        raise UsageError(f"{where}: there is no type {row['type']!r}. The types are {', '.join(TYPES)}.")
    if row.get("owner_group") and not _GROUP.fullmatch(row["owner_group"]):
        raise UsageError(f"{where}: owner_group {row['owner_group']!r} is not one lower-case word.")
    for column in ("from", "until", "as_of"):
        if row.get(column) and not _is_date(row[column]):
            raise UsageError(f"{where}: {column} {row[column]!r} is not a date. Write it as YYYY-MM-DD.")
    since, until = row.get("from", ""), row.get("until", "")
    if since and until and until < since:
        raise UsageError(f"{where}: until {until} is before from {since}.")
    said = {name: value for name, value in row.items() if name not in ("countries", "from", "until")}
    if "type" in said:
        said["type"] = said["type"] or "unknown"
    if "countries" in row:
        base = replace(base, countries=codes)
    return replace(base, **said, since=since, until=until)  # type: ignore[arg-type]


def _accounts(path: Path) -> list[str]:
    """The accounts that a list names, in its order. Raises UsageError with the line of what is wrong."""
    lines = _text(path).splitlines()
    if path.suffix.casefold() in (".csv", ".tsv") or (lines and "account" in lines[0].split(",")):
        found = [(line, row["account"]) for line, row in _rows(path, INTERMEDIARY_COLUMNS)]
    else:
        found = [(number, line.strip()) for number, line in enumerate(lines, 1)]
        found = [(number, name) for number, name in found if name and not name.startswith("#")]
    seen: set[str] = set()
    for line, name in found:
        if not _ACCOUNT.fullmatch(name):
            raise UsageError(f"{path.name}, line {line}: {name!r} is not the name of an account.")
        if name.casefold() in seen:
            raise UsageError(f"{path.name}, line {line}: {name} is there twice. Remove one.")
        seen.add(name.casefold())
    if not found:
        raise UsageError(f"{path.name} names no account.")
    return [name for _, name in found]


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and values of each row of a CSV (or TSV) table, whose first column of `columns` must be.

    Raises UsageError for a column not among `columns`, a row of another length or an empty first column.
    """
    delimiter = "\t" if path.suffix.casefold() == ".tsv" else ","
    reader = csv.reader(io.StringIO(_text(path)), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        wrong = [name for name in header if name not in columns or header.count(name) > 1]
        if wrong or columns[0] not in header:
            problem = f"column {wrong[0]!r} is unknown or twice" if wrong else f"no column {columns[0]!r}"
            raise UsageError(f"{path.name}, line 1: {problem}. The columns are {', '.join(columns)}.")
        for values in reader:
            if not values:
                continue
            row = dict(zip(header, map(str.strip, values), strict=False))
            if len(values) != len(header) or not row[columns[0]]:
                what = f"{len(values)} fields where the header has {len(header)}, or no {columns[0]}"
                raise UsageError(f"{path.name}, line {reader.line_num}: {what}.")
            yield reader.line_num, row
    except csv.Error as error:
        raise UsageError(f"{path.name}, line {reader.line_num}: this is not CSV ({error}).") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path.name} is not UTF-8 text. Save it as CSV in UTF-8.") from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}).") from error


def _is_date(text: str) -> bool:
    # fromisoformat also takes 20240920 and 2024-W38-5, which would not compare as text.
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Phrase:
    """A wording by which a card names its base, and whether it counts; `lineage/data/README.md` has the columns."""

    rule: str
    relation: str
    pattern: re.Pattern[str]
    """For the text that `lineage.reading.phrases.plain` leaves, in lower case; `base` begins where the base does."""
    on: bool
    example: str


@cache
def phrases() -> tuple[Phrase, ...]:
    """The rules on the prose of cards, A–Z, those that are off included."""
    rows = [row for _, row in _rows(DATA / "phrases.csv", PHRASE_COLUMNS)]
    return tuple(
        Phrase(r["rule"], r["relation"], re.compile(r["pattern"]), r["on"] == "yes", r["example"].replace("\\n", "\n"))
        for r in rows
    )


@dataclass(frozen=True, slots=True)
class NameRule:
    """A rule on the names of repositories, and whether it counts; `lineage/data/README.md` has the columns."""

    rule: str
    relation: str
    on: bool
    about: str


@cache
def name_rules() -> tuple[NameRule, ...]:
    """The rules on names, A–Z."""
    rows = _rows(DATA / "name_rules.csv", NAME_RULE_COLUMNS)
    return tuple(NameRule(r["rule"], r["relation"], r["on"] == "yes", r["about"]) for _, r in rows)


def rules_on() -> frozenset[str]:
    """The rules on prose and on names that make edges: those whose precision was found good enough."""
    return frozenset(p.rule for p in phrases() if p.on) | {r.rule for r in name_rules() if r.on}


def rule_texts() -> dict[str, str]:
    """What each rule on prose and names goes by, for a person: an example, or what it asks."""
    return {p.rule: f"such as {p.example!r}" for p in phrases()} | {r.rule: r.about for r in name_rules()}


@dataclass(frozen=True, slots=True)
class Published:
    """A value that a study printed, and what it says of it; `lineage/data/README.md` has the columns."""

    figure: str
    year: int
    value: float
    """A share on 0–1, or a number of parameters."""
    note: str
    source: str


@cache
def published() -> dict[tuple[str, int], Published]:
    """The published values, by figure and year."""
    rows = [row for _, row in _rows(DATA / "published.csv", PUBLISHED_COLUMNS)]
    found = (Published(r["figure"], int(r["year"]), float(r["value"]), r["note"], r["source"]) for r in rows)
    return {(p.figure, p.year): p for p in found}


@cache
def relation_weights() -> dict[str, float]:
    """How much of its rank a derivative passes to its base, by the relation of the edge; above 0, at most 1."""
    found = _rows(DATA / "relation_weights.csv", RELATION_WEIGHT_COLUMNS)
    return {row["relation"]: float(row["weight"]) for _, row in found}


FORMAT_COLUMNS = ("place", "format", "where", "pattern", "unless", "bits", "quantized", "evidence", "as_of")


@dataclass(frozen=True, slots=True)
class Format:
    """A rule that tells a file format, or bits alone; `lineage/data/README.md` has the columns."""

    place: int
    format: str
    """Empty where the rule says only bits, or only that somebody quantized."""
    where: str
    pattern: str
    unless: tuple[str, ...] = ()
    bits: str = ""
    quantized: bool = False


@cache
def formats() -> tuple[Format, ...]:
    """The rules that tell the format of a repository, in their order."""
    return tuple(
        Format(
            place=int(row["place"]),
            format=row["format"],
            where=row["where"],
            pattern=row["pattern"],
            unless=tuple(filter(None, row["unless"].split(";"))),
            bits=row["bits"],
            quantized=row["quantized"] == "yes",
        )
        for _, row in _rows(DATA / "formats.csv", FORMAT_COLUMNS)
    )


@cache
def languages() -> tuple[str, ...]:
    """The two-letter codes of ISO 639-1, A–Z."""
    return tuple(row["code"] for _, row in _rows(DATA / "languages.csv", ("code", "name", "evidence", "as_of")))
