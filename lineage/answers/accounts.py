"""The accounts that the rules R1–R6 count, one row each: how much they host, of whom, in which formats."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage.answers.cuts import UNKNOWN
from lineage.answers.frames import member_rows, ratios
from lineage.answers.intermediaries import Repackaging, check_rules, read_threshold
from lineage.answers.owners import owner_codes
from lineage.answers.pairs import coded, distinct, lists, sums
from lineage.metrics.graph import Ints


@dataclass(frozen=True)
class Accounts:
    """The accounts of which at least one of `rules` (none: all six) counts a repository in the frame.

    Raises UsageError for a rule or threshold that does not exist.
    """

    repackaging: Repackaging
    rules: Sequence[str]
    threshold: str

    @cached_property
    def account(self) -> Ints:
        """int64[n]: the account of each model; ownerless ids have one more than the last."""
        return self.repackaging.account

    @cached_property
    def _counted(self) -> dict[str, NDArray[np.bool_]]:
        """For each rule bool[n]: in its numerator."""
        threshold = read_threshold(self.threshold)
        return {rule: self.repackaging.counted(rule, threshold) for rule in check_rules(self.rules)}

    @cached_property
    def counted_by(self) -> dict[str, NDArray[np.bool_]]:
        """For each rule bool[accounts]: whether it counts a repository of the account."""
        found = {}
        for rule, counted in self._counted.items():
            flags = np.zeros(self._names.num_rows + 1, bool)
            flags[self.account[counted]] = True
            found[rule] = flags
        return found

    @property
    def _names(self) -> pa.Table:
        return self.repackaging.selection.snapshot.table("publishers", ["publisher"])

    @cached_property
    def _value(self) -> Ints:
        return sums(self.account, self.repackaging.selection.value, self._names.num_rows + 1)

    @cached_property
    def codes(self) -> Ints:
        """int64[k]: rows of the table `publishers`, largest first, then A–Z; ownerless ids last."""
        any_rule = np.logical_or.reduce(list(self.counted_by.values()))
        there = np.flatnonzero(any_rule)
        return there[np.argsort(-self._value[there], kind="stable")]

    @cached_property
    def _place(self) -> Ints:
        """int64[accounts + 1]: the place of each account among `codes`, -1 for the others."""
        place = np.full(self._names.num_rows + 1, -1, np.int64)
        place[self.codes] = np.arange(len(self.codes))
        return place

    def _texts(self) -> pa.Array:
        column = self._names.column("publisher")
        return pa.concat_arrays([*column.chunks, pa.array([UNKNOWN])]).take(pa.array(self.codes))

    def table(self) -> pa.Table:
        """One row an account: publisher, downloads, denominator, share, counted, repackaged, models, bases_served,
        publishers_served, relations, formats, rules, frame, window, basis, taken_at.

        `downloads`, `models`, `formats`: of all its repositories in the frame, whatever the rules count; `share`: of
        the downloads of the frame; `counted`: of `downloads`, in the numerator of at least one of the rules asked for,
        so that for one rule it adds up to that; `repackaged`: of `downloads`, on re-packaged repositories in the sense
        of R6. `bases_served`: distinct direct bases of another owner, `publishers_served` the accounts of these,
        `relations` those of the edges to them. Numbers are int64. Ownerless ids are one account, `(unknown)`.
        """
        selection = self.repackaging.selection
        snapshot, many = selection.snapshot, len(self.codes)
        row = np.flatnonzero(selection.inside & (self._place[self.account] >= 0))
        place = self._place[self.account[row]]
        form, formats = coded(snapshot.table("models", ["format"]).column("format").take(pa.array(row)), UNKNOWN)
        edges = selection.lineage.edges(["child_row", "base_row", "relation"])
        child, base = (edges.column(c).to_numpy().astype(np.int64) for c in ("child_row", "base_row"))
        owners = owner_codes(snapshot, self.repackaging.owner)
        theirs = np.flatnonzero(
            selection.inside[child] & (self._place[self.account[child]] >= 0) & (owners[child] != owners[base])
        )
        label, relations = coded(edges.column("relation").take(pa.array(theirs)), UNKNOWN)
        whose, base = self._place[self.account[child[theirs]]], base[theirs]
        served, _ = distinct(whose, base, len(selection.inside))
        publishers, _ = distinct(whose, self.account[base], self._names.num_rows + 1)
        rule, by_rule = list(self.counted_by), [self.counted_by[r][self.codes] for r in self.counted_by]
        at, which = np.nonzero(np.stack(by_rule, axis=1))
        downloads, total = self._value[self.codes], selection.denominator
        words = {name: pa.array([word] * many, pa.string()) for name, word in selection.words().items()}
        counted = np.where(np.logical_or.reduce(list(self._counted.values())), selection.value, 0)
        again = np.where(self.repackaging.repackaged("R6"), selection.value, 0)
        return pa.table(
            {
                "publisher": self._texts(),
                "downloads": downloads,
                "denominator": np.full(many, total, np.int64),
                "share": ratios(downloads, total),
                "counted": sums(self.account, counted, self._names.num_rows + 1)[self.codes],
                "repackaged": sums(self.account, again, self._names.num_rows + 1)[self.codes],
                "models": np.bincount(place, minlength=many),
                "bases_served": np.bincount(served, minlength=many),
                "publishers_served": np.bincount(publishers, minlength=many),
                "relations": lists(whose, label, many, relations),
                "formats": lists(place, form, many, formats),
                "rules": lists(at, which, many, rule),
                **words,
            }
        )

    def members(self) -> pa.Table:
        """The models of these accounts: key (the account), id, publisher, downloads, counted, base, relation, why."""
        selection = self.repackaging.selection
        row = np.flatnonzero(selection.inside & (self._place[self.account] >= 0))
        place, value = self._place[self.account[row]], selection.value[row]
        order = np.lexsort((row, -value, place))
        row, place, value = row[order], place[order], value[order]
        rules = pc.binary_join(self.table().column("rules"), ", ")
        why = pc.binary_join_element_wise("its account is counted by ", rules, "")
        key = {"key": self._texts().take(pa.array(place))}
        return member_rows(selection, key, row, pa.array(value, pa.int64()), why.take(pa.array(place)))
