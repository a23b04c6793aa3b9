"""R1–R6: what share of downloads goes through accounts or repositories that re-package others' models.

No public definition of the study's 22 % exists, so a rule is always named, and six stand side by
side. Design §4, "Intermediaries", is the definition of each.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage import reference
from lineage.answers.basis import Lineage, relation_codes
from lineage.answers.definitions import of_rule
from lineage.answers.frames import SHARE_FIELDS, Selection, member_rows, select, share_row
from lineage.answers.owners import owner_codes, owners_among, owners_of_accounts, publisher_codes
from lineage.chosen import many
from lineage.errors import UsageError, near
from lineage.metrics.graph import runs
from lineage.schema import RELATIONS, RULES

Flags = NDArray[np.bool_]

#: The relations that each rule takes for re-packaging; None: every edge, labelled or not.
RELATIONS_OF: dict[str, frozenset[str] | None] = {
    "R2": frozenset({"quantized", "copy"}),
    "R3": frozenset({"quantized", "copy", "adapter", "merge"}),
    "R4": frozenset({"quantized", "copy"}),
    "R5": frozenset({"quantized", "copy", "adapter", "merge"}),
    "R6": None,
}
#: R1 goes by a list of accounts; where its rows need the sense of "re-packaged", it is R6's.
RELATIONS_OF["R1"] = RELATIONS_OF["R6"]

DEFAULT_THRESHOLD = "0.8"

SCHEMA = pa.schema(
    [
        ("rule", pa.string()),
        *SHARE_FIELDS,
        ("numerator_repos", pa.int64()),
        ("unlabelled", pa.int64()),
        ("threshold", pa.string()),
        ("list", pa.string()),
        ("owner", pa.string()),
        ("definition", pa.string()),
    ]
)


def read_threshold(text: str) -> Decimal:
    """An exact decimal from 0 to 1. Raises UsageError for anything else."""
    try:
        value = Decimal(text)
        # Thirty places are more than any share has; a thousand would be a day of arithmetic.
        if 0 <= value <= 1 and -value.as_tuple().exponent <= 30:  # type: ignore[operator]
            return value
    except InvalidOperation:
        pass
    raise UsageError(f"The threshold is a part of an account's downloads, from 0 to 1, like 0.8; {text!r} is not.")


def threshold_range(text: str) -> tuple[str, ...]:
    """One threshold, or FROM:TO:STEP with both ends, in exact decimals. Raises UsageError."""
    parts = text.split(":")
    if len(parts) == 1:
        read_threshold(text)
        return (text,)
    if len(parts) != 3:
        raise UsageError(f"A range of thresholds is FROM:TO:STEP, like 0.5:0.9:0.1; {text!r} is not.")
    first, last, step = (read_threshold(p) for p in parts)
    if step == 0 or last < first or (last - first) / step > 1000:
        raise UsageError(f"The range {text!r} has no end, no step, or more than 1,000 steps.")
    steps = [first + step * i for i in range(int((last - first) / step) + 1)]
    return tuple(str(value) for value in (steps if steps[-1] == last else [*steps, last]))


@dataclass(frozen=True)
class _Links:
    """What every frame and window has in common: who made what of whose model. Flags are not to be changed.

    `whose`: the models (rows) of some owners, all of them; then what is said of other models means nothing.
    """

    lineage: Lineage
    owner: str
    whose: NDArray[np.int64] | None = None

    @cached_property
    def edges(self) -> dict[str, NDArray[Any]]:
        """child, base, relation (int64), own (of one owner), within (a cycle), generation (of the child) an edge."""
        columns, lineage = ["child_row", "base_row", "relation"], self.lineage
        table = lineage.edges(columns) if self.whose is None else lineage.edges_of(self.whose, columns)
        child, base = (table.column(c).to_numpy().astype(np.int64) for c in ("child_row", "base_row"))
        if self.whose is None:
            owners = owner_codes(lineage.snapshot, self.owner)
            own, within = owners[child] == owners[base], lineage.group[child] == lineage.group[base]
            generation = lineage.generation[child]
        else:
            owners = owners_among(lineage.snapshot, np.r_[child, base], self.owner)
            own = owners[: len(child)] == owners[len(child) :]
            mine, above = lineage.models_at(["cycle", "generation"], child), lineage.models_at(["cycle"], base)
            within = pc.equal(mine.column("cycle"), above.column("cycle")).fill_null(False).to_numpy()
            generation = mine.column("generation").to_numpy()
        return {
            "child": child,
            "base": base,
            "relation": relation_codes(table.column("relation")),
            "own": own,
            "within": within,
            "generation": generation,
        }

    def _has_edge(self, relations: frozenset[str] | None) -> Flags:
        edges = self.edges
        wanted = np.ones(len(edges["child"]), bool)
        if relations is not None:
            wanted = np.isin(edges["relation"], [RELATIONS.index(r) for r in sorted(relations)])
        flag = np.zeros(many(self.lineage.snapshot, "models"), bool)
        flag[edges["child"][wanted]] = True
        return flag

    @cached_property
    def _barred(self) -> Flags:
        """bool[n]: an edge leads to a base of its own owner's making.

        A base of the own owner is no bar where it is itself re-packaged: the second step of an
        intermediary. Bases stand above their children, so one pass by generation decides.
        """
        edges = self.edges
        has = self._has_edge(RELATIONS_OF["R4"])
        barred = np.zeros(len(has), bool)
        own = np.flatnonzero(edges["own"])
        own = own[np.argsort(edges["generation"][own], kind="stable")]
        child, base, within, generation = (edges[k][own] for k in ("child", "base", "within", "generation"))
        for begin, end in runs(generation):
            c, b, w = child[begin:end], base[begin:end], within[begin:end]
            barred[c[w | ~has[b] | barred[b]]] = True
        return barred

    @cached_property
    def repackaged(self) -> dict[frozenset[str] | None, Flags]:
        """By relations bool[n]: re-packaged by one of these."""
        return {relations: self._has_edge(relations) & ~self._barred for relations in set(RELATIONS_OF.values())}


def repackaged_of(selection: Selection, account: int, owner: str) -> dict[frozenset[str] | None, Flags]:
    """By relations bool[n]: which models of an account (row of `publishers`) are re-packaged; of others it is silent.

    Only edges of the account's owner are looked at: whether one of its models is barred, its own edges decide.
    """

    def links(lineage: Lineage) -> _Links:
        owners = owners_of_accounts(lineage.snapshot, owner)
        return _Links(lineage, owner, np.flatnonzero((owners == owners[account])[publisher_codes(lineage.snapshot)]))

    found: _Links = selection.lineage.once(f"links of account {account}, {owner}", links)
    return found.repackaged


@dataclass(frozen=True)
class Repackaging:
    """Which repositories are re-packaged, and which accounts and repositories each rule counts."""

    selection: Selection
    owner: str = "group"
    accounts_list: str = "strict"

    @cached_property
    def account(self) -> NDArray[np.int64]:
        """int64[n]: `owners.publisher_codes` of the snapshot."""
        return publisher_codes(self.selection.snapshot)

    @property
    def _links(self) -> _Links:
        found: _Links = self.selection.lineage.once(f"links, {self.owner}", lambda held: _Links(held, self.owner))
        return found

    def repackaged(self, rule: str) -> Flags:
        """bool[n]: re-packaged in the sense of `rule`, whatever the frame. Not to be changed."""
        return self._links.repackaged[RELATIONS_OF[rule]]

    def undecided(self, rule: str) -> Flags:
        """bool[n]: models of the frame of which R4, R5 or R6 cannot say whether they are re-packaged.

        No base of theirs is known; for R4 and R5 also those made from somebody else's model by an edge without a label.
        """
        known = self.selection.graph_has_edge
        if RELATIONS_OF[rule] is not None:
            unlabelled = np.zeros(len(known), bool)
            edges = self._links.edges
            unlabelled[edges["child"][edges["relation"] < 0]] = True
            known = known & ~(unlabelled & self.repackaged("R6"))
        return self.selection.inside & ~known & ~self.repackaged(rule)

    @cached_property
    def listed(self) -> Flags:
        """bool[n]: hosted by an account on the list of R1."""
        wanted = pa.array([a.casefold() for a in reference.intermediaries(self.accounts_list)], pa.string())
        names = self.selection.snapshot.table("publishers", ["publisher"]).column("publisher")
        on_list = pc.is_in(pc.utf8_lower(names), value_set=wanted).to_numpy()
        return np.append(on_list, False)[self.account]

    @cached_property
    def _account_shares(self) -> tuple[NDArray[np.int64], dict[str, NDArray[np.int64]], NDArray[np.int64]]:
        """Account of each row; downloads per account re-packaged in the sense of R2 and R3; and in all.

        Judged over all repositories of the snapshot in the window, whatever the frame.
        """
        if not self.selection.counted:
            return self._judged()
        # Every frame of a window has the same.
        held = f"account shares, {self.owner}, {self.selection.window}"
        found: tuple[NDArray[np.int64], dict[str, NDArray[np.int64]], NDArray[np.int64]]
        found = self.selection.lineage.once(held, lambda _: self._judged())
        return found

    def _judged(self) -> tuple[NDArray[np.int64], dict[str, NDArray[np.int64]], NDArray[np.int64]]:
        everything = self.selection
        if everything.frame != "all":
            window, basis = everything.window, everything.basis
            everything = select(everything.snapshot, ("all",), window, basis, lineage=everything.lineage)
        account = self.account
        total = np.zeros(int(account.max(initial=0)) + 1, np.int64)
        np.add.at(total, account, everything.value)
        parts = {}
        for rule in ("R2", "R3"):
            parts[rule] = np.zeros_like(total)
            np.add.at(parts[rule], account, np.where(self.repackaged(rule), everything.value, 0))
        return account, parts, total

    def accounts_above(self, rule: str, threshold: Decimal) -> Flags:
        """bool[n]: hosted by an account of which at least `threshold` is re-packaged; exact."""
        account, parts, total = self._account_shares
        top, bottom = threshold.as_integer_ratio()
        ownerless = self.selection.snapshot.table("publishers", ["publisher"]).num_rows
        part = parts[rule]
        if int(total.max(initial=1)) * max(top, bottom) >= 2**63:  # whole numbers without bound, one by one
            part, total = part.astype(object), total.astype(object)
        over: Flags = (total > 0) & (part * bottom >= total * top).astype(bool)
        over[ownerless:] = False
        return over[account]

    def counted(self, rule: str, threshold: Decimal) -> Flags:
        """bool[n]: the repositories of the rule's numerator."""
        if rule == "R1":
            found = self.listed
        elif rule in ("R2", "R3"):
            found = self.accounts_above(rule, threshold)
        else:
            found = self.repackaged(rule)
        return found & self.selection.inside


def check_rules(rules: Sequence[str]) -> Sequence[str]:
    """The rules asked for, in order; all where none is. Raises UsageError for one that is none."""
    for rule in rules:
        if rule not in RULES:
            raise UsageError(f"There is no rule {rule!r}.{near(rule, RULES)} There are: {', '.join(RULES)}.")
    return sorted(set(rules)) if rules else RULES


def intermediaries(repackaging: Repackaging, rules: Sequence[str], thresholds: Iterable[str]) -> pa.Table:
    """One share row per rule, and per threshold for R2 and R3.

    Columns: rule, threshold (null where the rule has none), list (R1), the columns of a share row,
    numerator_repos (of the numerator, on re-packaged repositories; for R1 in R6's sense), unlabelled
    (of the numerator, on repositories without a known base), owner, definition (a sentence).
    """
    selection = repackaging.selection
    rows = []
    for rule in check_rules(rules):
        for text in list(thresholds) if rule in ("R2", "R3") else [None]:
            counted = repackaging.counted(rule, read_threshold(text or DEFAULT_THRESHOLD))
            value = selection.value
            row = share_row(selection, {"rule": rule}, int(value[counted].sum()), counted)
            row["numerator_repos"] = int(value[counted & repackaging.repackaged(rule)].sum())
            row["unlabelled"] = int(value[counted & ~selection.graph_has_edge].sum())
            row["threshold"] = text
            row["list"] = repackaging.accounts_list if rule == "R1" else None
            row["owner"] = repackaging.owner
            row["definition"] = of_rule(rule, repackaging.accounts_list, text)
            rows.append(row)
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def members(repackaging: Repackaging, rules: Sequence[str], threshold: str) -> pa.Table:
    """The models of each rule's numerator: rule, id, publisher, downloads, counted, base, relation, why."""
    selection = repackaging.selection
    parts = []
    for rule in check_rules(rules):
        row = np.flatnonzero(repackaging.counted(rule, read_threshold(threshold)))
        row = row[np.argsort(-selection.value[row], kind="stable")]  # rows are A–Z, so ties are
        why = {
            "R1": f"its account is on the list {repackaging.accounts_list}",
            "R2": f"at least {threshold} of its account's downloads are on quantizations or copies of others' models",
            "R3": f"at least {threshold} of its account's downloads are on quantizations, copies, adapters or merges "
            "of others' models",
            "R4": "it quantizes or copies somebody else's model",
            "R5": "it quantizes, copies, adapts or merges somebody else's models",
            "R6": "it is derived from somebody else's model",
        }[rule]
        lead = {"rule": pa.array([rule] * len(row), pa.string())}
        counted = pa.array(selection.value[row], pa.int64())
        parts.append(member_rows(selection, lead, row, counted, pa.array([why] * len(row), pa.string())))
    return pa.concat_tables(parts)
