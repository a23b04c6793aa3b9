"""Who serves a model: the accounts that host a repository of its part, and how its downloads divide over them.

The part is the model and what was made of it by `quantized` and `copy` edges alone (`answers/part.py`); servers are the
distinct accounts of these repositories, zero downloads included; `hhi` is the sum of the squares of their shares.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import reference
from lineage.answers.cuts import UNKNOWN
from lineage.answers.frames import Selection, ratio
from lineage.answers.owners import hosts, owners_among
from lineage.answers.pairs import coded, lists, sums
from lineage.answers.part import Part, original, part, part_edges
from lineage.chosen import alike, chosen, id_of
from lineage.metrics.graph import Ints

#: The keys of the rows that are no account's.
OTHERS, TOTAL = "(others)", "(total)"

#: What an account is to the model: its own, another of its owner, on the list of intermediaries, none of these.
KINDS = ("own", "owner", "intermediary", "other")

#: So many signs has no name of a repository on the Hub.
_LONGEST = 200

SCHEMA = pa.schema(
    [
        ("publisher", pa.string()),
        ("kind", pa.string()),
        ("downloads", pa.int64()),
        ("share", pa.float64()),
        ("denominator", pa.int64()),
        ("models", pa.int64()),
        ("servers", pa.int64()),
        ("hhi", pa.float64()),
        ("formats", pa.list_(pa.string())),
        ("relations", pa.list_(pa.string())),
        ("numerator", pa.int64()),
        ("window", pa.string()),
        ("basis", pa.string()),
        ("taken_at", pa.string()),
    ]
)


@dataclass(frozen=True)
class Serving:
    """The part of the model in row `top`, by account; a stub is hosted by nobody of the snapshot.

    `owner` and `accounts_list`: as `--owner` and `--list` are given.
    """

    selection: Selection
    top: int
    owner: str = "group"
    accounts_list: str = "strict"

    @cached_property
    def part(self) -> Part:
        """All of it, the stub and models outside the window included."""
        return part(self.selection.lineage, self.top, self._edges)

    @cached_property
    def _edges(self) -> pa.Table:
        return part_edges(self.selection.lineage)

    @cached_property
    def _counted(self) -> Ints:
        """Places in the part of the repositories that are counted."""
        return np.flatnonzero(self.selection.inside[self.part.rows])

    @cached_property
    def rows(self) -> Ints:
        """int64[k]: rows of the table `models` that are counted."""
        return self.part.rows[self._counted]

    @cached_property
    def _accounts(self) -> tuple[Ints, list[str]]:
        """(place of each counted row's account, the accounts A–Z, ids without one last)."""
        place, names = hosts(self.selection.snapshot, self.rows)
        return place, [UNKNOWN if name is None else name for name in names]

    @cached_property
    def kinds(self) -> list[str]:
        """The kind of each account, in their order."""
        place, names = self._accounts
        top = chosen(self.selection.snapshot, "models", ["publisher"], np.array([self.top]))
        own = top.column("publisher")[0].as_py() or UNKNOWN
        owners = owners_among(self.selection.snapshot, np.r_[self.rows, self.top], self.owner)
        listed = {a.casefold() for a in reference.intermediaries(self.accounts_list)}
        house = np.zeros(len(names), bool)
        house[place[owners[:-1] == owners[-1]]] = True
        return [
            "own" if name == own else "owner" if h else "intermediary" if name.casefold() in listed else "other"
            for h, name in zip(house.tolist(), names, strict=True)
        ]

    @cached_property
    def relations(self) -> tuple[Ints, Ints, list[str]]:
        """(place of the counted row, code, words): the relation of each model's edge within the part."""
        first = self.part.first[self._counted]
        has = np.flatnonzero(first >= 0)
        code, words = coded(self.part.edges.column("relation").take(pa.array(first[has])), UNKNOWN)
        return has, code, words

    def table(self, limit: int | None = None) -> pa.Table:
        """One row an account, largest first, ties A–Z: see `SCHEMA`; `limit` of them, the rest as `(others)`.

        Last the row `(total)`, the only one with `hhi`; its `servers` counts the accounts, that of `(others)` those
        that it stands for. Shares are null where the part has no downloads, `hhi` too. Counts and downloads are int64.
        """
        place, names = self._accounts
        value = self.selection.value[self.rows]
        downloads, models = sums(place, value, len(names)), np.bincount(place, minlength=len(names))
        formats = chosen(self.selection.snapshot, "models", ["format"], self.rows).column("format")
        order = np.argsort(-downloads, kind="stable")  # accounts are A–Z
        shown = order if limit is None else order[:limit]
        rest = order[len(shown) :]
        # Two more groups: what is folded, and everything.
        group = np.full(len(names), len(shown), np.int64)
        group[shown] = np.arange(len(shown))
        everything = len(shown) + 1
        of_row = group[place]
        form, form_words = coded(formats, UNKNOWN)
        at, made, made_words = self.relations
        several = {
            "formats": lists(
                np.r_[of_row, np.full_like(of_row, everything)], np.r_[form, form], everything + 1, form_words
            ).to_pylist(),
            "relations": lists(
                np.r_[of_row[at], np.full_like(at, everything)], np.r_[made, made], everything + 1, made_words
            ).to_pylist(),
        }
        total = int(value.sum())
        said = {k: v for k, v in self.selection.words().items() if k != "frame"}

        def row(name: str, place: int, numerator: int, count: int, **more: Any) -> dict[str, Any]:
            found = {c: several[c][place] for c in several}
            counts = {"downloads": numerator, "models": count, "numerator": numerator, "denominator": total}
            return {"publisher": name, "share": ratio(numerator, total), **counts, **found, **said, **more}

        rows = [
            row(names[c], i, int(downloads[c]), int(models[c]), kind=self.kinds[c])
            for i, c in enumerate(shown.tolist())
        ]
        if len(rest):
            folded = int(downloads[rest].sum()), int(models[rest].sum())
            rows.append(row(OTHERS, len(shown), *folded, servers=len(rest)))
        hhi = ratio(sum(d * d for d in downloads.tolist()), total * total)
        rows.append(row(TOTAL, everything, total, len(self.rows), servers=len(names), hhi=hhi))
        return pa.Table.from_pylist(rows, schema=SCHEMA)

    def members(self) -> pa.Table:
        """The models of each account: key, publisher, id, downloads, counted, base, relation, why.

        `key` is the account; `base` and `relation` are those of the edge within the part, null for the model itself.
        """
        selection, (place, names) = self.selection, self._accounts
        value = selection.value[self.rows]
        total = sums(place, value, len(names))
        rank = np.empty(len(names), np.int64)
        rank[np.argsort(-total, kind="stable")] = np.arange(len(names))
        order = np.lexsort((self.rows, -value, rank[place]))
        models = chosen(selection.snapshot, "models", ["id", "publisher"], self.rows[order])
        edge = self.part.first[self._counted][order]
        edges = self.part.edges.take(pa.array(edge, mask=edge < 0))
        above = edges.column("base_row").fill_null(self.top).to_numpy()
        bases = chosen(selection.snapshot, "models", ["id"], above).column("id")
        itself = id_of(selection.snapshot, self.top)
        why = np.where(edge < 0, "it is the model itself", f"it is {itself}, quantized or copied")
        return pa.table(
            {
                "key": pa.array(names, pa.string()).take(pa.array(place[order])),
                "id": models.column("id"),
                "publisher": models.column("publisher"),
                "downloads": value[order],
                "counted": value[order],
                "base": pc.if_else(pa.array(edge >= 0), bases, pa.scalar(None, pa.string())),
                "relation": edges.column("relation"),
                "why": pa.array(why.tolist(), pa.string()),
            }
        )

    def remarks(self, command: str) -> list[str]:
        """What a reader should know: that the model is a stub, or itself a re-packaging, and what to ask then."""
        snapshot = self.selection.snapshot
        (itself,) = chosen(snapshot, "models", ["id", "stub"], np.array([self.top])).to_pylist()
        name, said = itself["id"], []
        if itself["stub"]:
            said.append(f"{name} itself is not in the snapshot: it is named as a base, and what others host is counted")
        above = original(self._edges, self.top)
        if above is not None:
            of = id_of(snapshot, above)
            said.append(f"{name} is itself {of}, re-packaged; `lineage {command} {of}` has all of that")
        return said + self._unnamed(name)

    def _unnamed(self, name: str) -> list[str]:
        """How many other repositories have the model's name in theirs and name no base: what is not known of it."""
        short = name.rpartition("/")[2]
        if len(short) > _LONGEST:  # no name on the Hub is so long, and a longer one takes longer to look for
            return []
        found = alike(self.selection.snapshot, "models", "id", short)
        found &= self.selection.inside & ~self.selection.graph_has_edge
        found[np.r_[self.top, self.rows]] = False
        if not found.any():
            return []
        downloads = int(self.selection.value[found].sum())
        return [
            f"not counted, as they name no base: {np.count_nonzero(found):,} repositories with {short} in their names, "
            f"{downloads:,} downloads; lineage rollup --where 'id~{short}' has them among others"
        ]
