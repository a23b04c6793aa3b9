"""The figures of "Economies of Open Intelligence", each with its definition, numerator and denominator.

One snapshot cannot equal the study: it knows the year of creation and not that of the download, and no rule of the
study's intermediaries is public. So every row says whether it is `comparable`, and why not. Nothing is imputed: where
a column is missing, the row names it and its numbers are null.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage import reference
from lineage.answers import disclosure
from lineage.answers.cuts import divide, roots_of, split_of
from lineage.answers.definitions import ACCOUNT_RULES, ACCOUNTS, COUNTRY, FIGURES, definition, why_not
from lineage.answers.frames import Selection, member_rows, ratio
from lineage.answers.intermediaries import DEFAULT_THRESHOLD, Repackaging, read_threshold
from lineage.answers.sizes import EXACT, Sizes, mean
from lineage.answers.years import ALL, UNDATED, Years, years_of
from lineage.errors import UsageError, near
from lineage.metrics.graph import Ints
from lineage.metrics.pairs import each_once
from lineage.schema import RULES

#: By whom a share is counted: who hosts a model, or whose models it goes back to.
BY = ("publisher", "origin")

#: Input columns that can name a base; without any, nothing goes back to anything.
CLAIMED_IN = ("tags", "card", "base_models", "config", "listed", "readme")

_LEAD = (("figure", pa.string()), ("rule", pa.string()), ("year", pa.string()), ("by", pa.string()))

SCHEMA = pa.schema(
    [
        *_LEAD,
        # Numbers first: a terminal shows what comes first, and the sentences are long.
        ("value", pa.float64()),
        ("numerator", EXACT),
        ("denominator", pa.int64()),
        ("coverage", pa.float64()),
        ("share_low", pa.float64()),
        ("share_high", pa.float64()),
        ("published", pa.float64()),
        ("published_year", pa.int64()),
        ("comparable", pa.string()),
        ("missing", pa.string()),
        ("frame", pa.string()),
        ("window", pa.string()),
        ("basis", pa.string()),
        ("taken_at", pa.string()),
        ("definition", pa.string()),
        ("why", pa.string()),
    ]
)

#: Rows of `models` and what each counts; None where no single model's part exists.
Members = tuple[Ints, pa.Array | None]


@dataclass(frozen=True)
class Figure:
    """One row before it is printed.

    `unknown`: downloads that may belong to the numerator; None where nothing bounds them. `why`: for its members.
    """

    figure: str
    rule: str | None = None
    year: str | None = None
    by: str | None = None
    numerator: int | None = None
    denominator: int | None = None
    unknown: int | None = None
    coverage: float | None = None
    missing: Sequence[str] = ()
    members: Callable[[], Members] = field(default=lambda: (np.zeros(0, np.int64), None))
    why: str = ""

    def value(self) -> float | None:
        """The share to 12 places, or the mean."""
        if self.numerator is None or self.denominator is None:
            return None
        return (mean if self.figure == "mean_parameters" else ratio)(self.numerator, self.denominator)

    def bound(self, more: int) -> float | None:
        """The share with `more` downloads in the numerator, where something is unknown."""
        if self.unknown is None or self.numerator is None or self.denominator is None:
            return None
        return ratio(self.numerator + more, self.denominator)


@dataclass(frozen=True)
class Study:
    """What the figures are made of, each computed once.

    `lacks`: input columns without which the window counts nothing; then every figure is empty.
    """

    selection: Selection
    owner: str = "group"
    accounts_list: str = "strict"
    lacks: Sequence[str] = ()

    @cached_property
    def repackaging(self) -> Repackaging:
        """Who re-packages, by `owner` and the list of R1."""
        return Repackaging(self.selection, self.owner, self.accounts_list)

    @cached_property
    def account(self) -> Ints:
        """int64[n]: row of the table `publishers`, one more than its last for ownerless ids."""
        return self.repackaging.account

    @cached_property
    def roots(self) -> Ints:
        """Rows of the roots of everything, stubs included."""
        return np.flatnonzero(self.selection.lineage.is_root & self.selection.lineage.present)

    @cached_property
    def split(self) -> Ints:
        """int64: the `split` value of each of `roots`; it adds up to the denominator."""
        return split_of(self.selection)[self.roots]

    @cached_property
    def years(self) -> Years:
        """The models of the frame by year."""
        return years_of(self.selection)

    def holders(self, by: str) -> tuple[Ints, Ints]:
        """(row, downloads) that are shared out: of the models of the frame, or of the roots of everything."""
        return (self.roots, self.split) if by == "origin" else self._hosted

    @cached_property
    def _hosted(self) -> tuple[Ints, Ints]:
        row = np.flatnonzero(self.selection.inside)
        return row, self.selection.value[row]

    def unclaimed(self) -> Sequence[str]:
        """The columns that name bases, where the source has none of them and names are not believed."""
        named = any(c in self.selection.snapshot.columns for c in CLAIMED_IN) or self.selection.basis == "inferred"
        return () if named else CLAIMED_IN

    def missing(self, *needs: Sequence[str]) -> Sequence[str]:
        """What the source lacks, of the window and of `needs`, each once."""
        return list(dict.fromkeys([*self.lacks, *(c for columns in needs for c in columns)]))

    def below(self, roots: Ints) -> Ints:
        """Rows of the models of the frame that go back to one of `roots`, in order."""
        root, model = roots_of(self.selection)
        wanted = np.zeros(len(self.selection.inside), bool)
        wanted[roots] = True
        return each_once(model[wanted[root]])


def _part(study: Study, by: str, row: Ints, counted: Ints) -> Callable[[], Members]:
    """The members of a share whose numerator `row` (models, or roots by origin) makes up with `counted`."""
    if by == "origin":
        return lambda: (study.below(row), None)
    return lambda: (row, pa.array(counted, pa.int64()).cast(EXACT))


def _shared(study: Study, by: str, figure: str, rule: str | None, row: Ints, counted: Ints, unknown: int) -> Figure:
    """A share whose unknown part is `unknown` downloads."""
    total = study.selection.denominator
    why = "its account is one of these" if by == "publisher" else "it goes back to a model of one of these"
    if figure in COUNTRY:
        why = f"its account is in {COUNTRY[figure]}"
        why = why if by == "publisher" else f"it goes back to a model of an account in {COUNTRY[figure]}"
    members = _part(study, by, row, counted)
    known = ratio(total - unknown, total)
    return Figure(figure, rule, None, by, int(counted.sum()), total, unknown, known, members=members, why=why)


def _country(study: Study, figure: str) -> Iterator[Figure]:
    countries = study.selection.snapshot.table("publishers", ["countries"]).column("countries").combine_chunks()
    # One more account, without a name and a country, for ownerless ids.
    has = np.append(pc.list_value_length(countries).fill_null(0).to_numpy(zero_copy_only=False) > 0, False)
    for by in BY:
        missing = study.missing(study.unclaimed() if by == "origin" else ())
        if missing:
            yield Figure(figure, by=by, missing=missing)
            continue
        row, value = study.holders(by)
        known = has[study.account[row]]
        lists = countries.take(pa.array(study.account[row[known]], pa.int64()))
        holder, _, counted = divide(row[known], value[known], lists)
        mine = pc.equal(lists.flatten(), COUNTRY[figure]).to_numpy(zero_copy_only=False)
        yield _shared(study, by, figure, None, holder[mine], counted[mine], int(value[~known].sum()))


def _two_accounts(study: Study, figure: str) -> Iterator[Figure]:
    accounts = {rule: _accounts(study, rule) for rule in ACCOUNT_RULES}
    for by in BY:
        missing = study.missing(study.unclaimed() if by == "origin" else ())
        for rule in ACCOUNT_RULES:
            if missing:
                yield Figure(figure, rule, by=by, missing=missing)
                continue
            row, value = study.holders(by)
            chosen = accounts[rule]
            mine = chosen[study.account[row]]
            unknown = int(value[study.account[row] == len(chosen) - 1].sum())
            yield _shared(study, by, figure, rule, row[mine], value[mine], unknown)


def _accounts(study: Study, rule: str) -> NDArray[np.bool_]:
    """bool[accounts + 1]: DeepSeek's and Qwen's; by `group` also every account of their owners. The last is nobody's.

    Accounts and groups are compared without case; one that the snapshot has not is looked up in the shipped table.
    """
    snapshot = study.selection.snapshot
    table = snapshot.table("publishers", ["publisher", "owner_group"])
    names = pc.utf8_lower(table.column("publisher"))
    wanted = [account.casefold() for account in ACCOUNTS]
    chosen = pc.is_in(names, value_set=pa.array(wanted))
    if rule == "group":
        found = table.filter(chosen).to_pylist()
        group_of = {row["publisher"].casefold(): row["owner_group"] for row in found}
        shipped = reference.publishers(at=snapshot.taken_at[:10])
        for account in wanted:
            if account not in group_of and account in shipped:
                group_of[account] = shipped[account].owner_group
        groups = pa.array(sorted({group.casefold() for group in group_of.values() if group}), pa.string())
        chosen = pc.or_(chosen, pc.is_in(pc.utf8_lower(table.column("owner_group")), value_set=groups))
    return np.append(chosen.to_numpy(), False)


def _intermediaries(study: Study, figure: str) -> Iterator[Figure]:
    for rule in RULES:
        missing = study.missing(study.unclaimed() if rule != "R1" else ())
        if missing:
            yield Figure(figure, rule, missing=missing)
            continue
        value, total = study.selection.value, study.selection.denominator
        flags = study.repackaging.counted(rule, read_threshold(DEFAULT_THRESHOLD))
        unknown = int(value[study.repackaging.undecided(rule)].sum()) if rule in ("R4", "R5", "R6") else None
        coverage = None if unknown is None else ratio(total - unknown, total)
        row = np.flatnonzero(flags)
        members = _part(study, "publisher", row, value[row])
        counted = int(value[row].sum())
        why = f"rule {rule} counts it"
        yield Figure(figure, rule, None, None, counted, total, unknown, coverage, members=members, why=why)


def _year_names(study: Study, figure: str) -> list[str]:
    """Years of the snapshot and those with a published value, then `(undated)` and `all`."""
    named = [] if study.lacks else study.years.names
    years = {n for n in named if n not in (UNDATED, ALL)} | {str(y) for f, y in reference.published() if f == figure}
    return [*sorted(years, key=int), *([UNDATED] if UNDATED in named else []), ALL]


def _by_year(study: Study, figure: str, needs: Sequence[str], row_of: Callable[[int], Figure]) -> Iterator[Figure]:
    """A row for each of `_year_names`; `row_of(place in study.years.names)` makes that of a year with models."""
    undated = [] if "created_at" in study.selection.snapshot.columns else ["created_at"]
    for year in _year_names(study, figure):
        missing = study.missing(needs, undated if year != ALL else ())
        if missing:
            yield Figure(figure, year=year, missing=missing)
        elif year in study.years.names:
            yield row_of(study.years.names.index(year))
        else:
            yield Figure(figure, year=year, numerator=0, denominator=0)


def _disclosed(study: Study, figure: str) -> Iterator[Figure]:
    needs = disclosure.lacks(study.selection.snapshot)
    if study.lacks or needs:
        yield from _by_year(study, figure, needs, lambda place: Figure(figure))
        return
    rows = disclosure.disclosure(study.selection, study.years).to_pylist()
    says = disclosure.says(study.selection, "yes")

    def row_of(place: int) -> Figure:
        def members() -> Members:
            code, at = study.years.members(says[study.years.row])
            row = np.sort(study.years.row[at[code == place]])
            return row, pa.array(study.selection.value[row], pa.int64()).cast(EXACT)

        row = rows[place]
        return Figure(figure, None, row["year"], None, row["numerator"], row["denominator"], row["unknown"],
                      row["coverage"], members=members, why="it names the data that it was trained on")  # fmt: skip

    yield from _by_year(study, figure, needs, row_of)


def _mean(study: Study, figure: str) -> Iterator[Figure]:
    if study.lacks:
        yield from _by_year(study, figure, (), lambda place: Figure(figure))
        return
    found = Sizes(study.selection, study.years)
    products = found.products()
    sized, downloads = found.years.sums(np.where(found.sized, found.value, 0)), found.years.sums(found.value)

    def row_of(place: int) -> Figure:
        def members() -> Members:
            code, row, counted = found.members()
            mine = np.flatnonzero(code == place)
            return row[mine], counted.take(pa.array(mine))

        return Figure(figure, None, found.years.names[place], None, products[place], sized[place], None,
                      ratio(sized[place], downloads[place]), members=members, why="its size is known")  # fmt: skip

    yield from _by_year(study, figure, (), row_of)


_MAKERS: dict[str, Callable[[Study, str], Iterator[Figure]]] = {
    "china_share": _country,
    "us_share": _country,
    "deepseek_qwen_share": _two_accounts,
    "intermediary_share": _intermediaries,
    "disclosed_share": _disclosed,
    "mean_parameters": _mean,
}


def check_figures(names: Sequence[str]) -> list[str]:
    """The figures asked for, in the order of `FIGURES`; all where none is. Raises UsageError for one that is none."""
    for name in names:
        if name not in FIGURES:
            raise UsageError(f"There is no figure {name!r}.{near(name, FIGURES)} There are: {', '.join(FIGURES)}.")
    return [name for name in FIGURES if name in names or not names]


def _rows(study: Study, names: Sequence[str]) -> Iterator[Figure]:
    for name in check_figures(names):
        yield from _MAKERS[name](study, name)


def _published(row: Figure) -> reference.Published | None:
    """The study's value beside a row: of its year, or the only one where the figure has no years."""
    mine = (p for p in reference.published().values() if p.figure == row.figure)
    return next((p for p in mine if row.year in (None, str(p.year))), None)


def figures(study: Study, names: Sequence[str] = ()) -> pa.Table:
    """One row for each figure, rule, year and attribution that `names` (all where empty) has.

    Columns: figure, rule, year, by (null where they do not apply), frame, window, basis, taken_at, definition,
    numerator (decimal128(38, 0)), denominator (int64), value (float64: the share, or parameters), share_low,
    share_high, coverage (float64; null where nothing is bounded), comparable (`yes`, `no`), why, published (float64),
    published_year (int64), missing (the input columns for want of which numerator, denominator and value are null).
    Raises UsageError for a figure that is none, and for a list of accounts or an owner that does not exist.
    """
    rows: list[dict[str, Any]] = []
    for found in _rows(study, names):
        known = _published(found)
        rows.append(
            {
                "figure": found.figure,
                "rule": found.rule,
                "year": found.year,
                "by": found.by,
                **study.selection.words(),
                "definition": definition(found.figure, found.rule, found.by, study.accounts_list),
                "numerator": None if found.numerator is None else Decimal(found.numerator),
                "denominator": found.denominator,
                "value": found.value(),
                "share_low": found.bound(0),
                "share_high": found.bound(found.unknown or 0),
                "coverage": found.coverage,
                "comparable": "no",
                "why": why_not(found.figure, known is not None),
                "published": known.value if known else None,
                "published_year": known.year if known else None,
                "missing": ", ".join(found.missing) or None,
            }
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def members(study: Study, names: Sequence[str] = ()) -> pa.Table:
    """The models of every numerator: figure, rule, by, year, id, publisher, downloads, counted, base, relation, why.

    `counted` (decimal128(38, 0)) adds up to the numerator; null by origin, where no single model's part exists. In the
    order of the figures, then largest downloads first, ties A–Z. Raises UsageError as `figures`.
    """
    empty = {"row": np.zeros(0, np.int64), "place": np.zeros(0, np.int64)}
    rows, places, counts, found = [empty["row"]], [empty["place"]], [pa.array([], EXACT)], list(_rows(study, names))
    for place, figure in enumerate(found):
        row, counted = figure.members()
        order = np.lexsort((row, -study.selection.value[row]))
        rows.append(row[order])
        places.append(np.full(len(row), place, np.int64))
        counts.append(pa.nulls(len(row), EXACT) if counted is None else counted.take(pa.array(order)))
    at = pa.array(np.concatenate(places), pa.int64())

    def said(name: str) -> pa.Array:
        return pa.array([getattr(figure, name) for figure in found], pa.string()).take(at)

    lead = {name: said(name) for name in ("figure", "rule", "by", "year")}
    return member_rows(study.selection, lead, np.concatenate(rows), pa.chunked_array(counts), said("why"))
