"""How much is believed: which edges a basis keeps, and what follows from them for every model.

What follows from `declared` was computed by the build and is read. The edges of `stated` and
`inferred` lie in the same table, and what follows from them is computed when it is asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lineage.chosen import chosen, many, where
from lineage.errors import UsageError, near
from lineage.metrics import ancestry, centrality
from lineage.metrics.graph import NO_POSITION, Graph, Ints, build
from lineage.schema import BASES, MODEL_RELATIONS, ROLLUP_COLUMNS, TABLES
from lineage.snapshot import Snapshot

#: The column of `edges` that holds the label under each basis.
LABELS = {"declared": "relation", "stated": "relation_stated", "inferred": "relation_inferred"}

#: Columns of `models` that follow from the edges, beside the roll-ups of downloads.
FOLLOWING = (
    "relation", "base", "bases", "generation", "cycle", "children", "descendants", "harmonic", "pagerank",
)  # fmt: skip


def check_basis(snapshot: Snapshot, basis: str) -> None:
    """Raise UsageError for a basis that does not exist, or that the snapshot does not hold."""
    held = snapshot.manifest["basis"]
    if basis not in BASES:
        raise UsageError(f"There is no basis {basis!r}.{near(basis, BASES)} There are: {', '.join(BASES)}.")
    if basis not in held:
        raise UsageError(
            f"The snapshot {snapshot.name} holds the basis {' and '.join(held)} only; {basis} was not built into it."
        )


def edges_under(snapshot: Snapshot, basis: str, columns: Sequence[str] = ()) -> pa.Table:
    """The edges that exist under `basis`, in the order of the table: `columns` of it, or all.

    `relation` is the label under this basis; the columns of the other labels are not offered.
    """
    wanted = list(columns) or [c for c in TABLES["edges"].names if c not in ("relation_stated", "relation_inferred")]
    table = snapshot.table("edges", [LABELS[basis] if c == "relation" else c for c in wanted]).rename_columns(wanted)
    believed, every = snapshot.once(f"edges believed, {basis}", lambda held: _believed(held, basis))
    if basis != "declared" and "place" in wanted:
        table = table.set_column(wanted.index("place"), "place", _places(snapshot, believed))
    return table if every else table.filter(believed)


def _believed(snapshot: Snapshot, basis: str) -> tuple[pa.ChunkedArray, bool]:
    """bool[edges]: those that exist under `basis`; and whether all do."""
    if basis == "inferred":
        believed = pc.invert(snapshot.table("edges", ["replaced"]).column("replaced"))
    else:
        accepted = pa.array(BASES[: BASES.index(basis) + 1])
        believed = pc.is_in(snapshot.table("edges", ["basis"]).column("basis"), value_set=accepted)
    return believed, pc.all(believed, min_count=0).as_py()


def _places(snapshot: Snapshot, believed: pa.ChunkedArray) -> pa.Array:
    """The place of each believed edge among those of its child: by position, then by the base's id; else null.

    The table has the places under `declared`, where fewer edges stand beside each other.
    """
    table = snapshot.table("edges", ["child_row", "base_row", "position"])
    flags = believed.to_numpy()
    child, base = (table.column(c).to_numpy()[flags] for c in ("child_row", "base_row"))
    position = table.column("position").cast(pa.int64()).fill_null(NO_POSITION).to_numpy()[flags]
    order = np.lexsort((base, position, child))
    rank = np.arange(len(order)) - np.searchsorted(child[order], child[order])
    place = np.zeros(len(flags), np.int32)
    place[np.flatnonzero(flags)[order]] = rank
    return pa.array(place, mask=~flags)


def relation_codes(column: pa.ChunkedArray) -> Ints:
    """int64[n]: place in `MODEL_RELATIONS`, -1 for null."""
    found = pc.index_in(column, value_set=pa.array(MODEL_RELATIONS))
    return found.cast(pa.int64()).fill_null(-1).to_numpy()


@dataclass(frozen=True)
class Lineage:
    """What is derived from what in a snapshot under one basis, computed once and when first asked for.

    Arrays are over the rows of the table `models`, whatever the basis.
    """

    snapshot: Snapshot
    basis: str
    _made: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, name: str, make: Callable[["Lineage"], Any]) -> Any:
        """What `make` makes of this lineage, made when first asked for and held under `name`; not to be changed."""
        if name not in self._made:
            self._made[name] = make(self)
        return self._made[name]

    @property
    def stored(self) -> bool:
        """Whether the build has computed everything: for `declared`."""
        return self.basis == "declared"

    def edges(self, columns: Sequence[str] = ()) -> pa.Table:
        """The edges of this basis, see `edges_under`."""
        return edges_under(self.snapshot, self.basis, columns)

    def edges_of(self, children: Ints, columns: Sequence[str]) -> pa.Table:
        """The same from some models (rows) to their bases alone; for `declared` without reading all others."""
        mine = np.zeros(many(self.snapshot, "models"), bool)
        mine[children] = True
        if not self.stored:
            table = self.edges(columns)
            return table.filter(pa.array(mine[table.column("child_row").to_numpy()]))
        child = self.snapshot.table("edges", ["child_row"]).column("child_row").to_numpy()
        wanted = list(dict.fromkeys([*columns, "basis"]))
        found = chosen(self.snapshot, "edges", wanted, np.flatnonzero(mine[child]))
        return found.filter(pc.equal(found.column("basis"), "declared")).select(list(columns))

    def below(self, row: int) -> Ints:
        """int64[k]: the models that have `row` among their ancestors, A–Z; those of deep models are left out."""
        if not self.stored:
            model, ancestor, _ = self.pairs
            return model[ancestor == row]
        ancestors = self.snapshot.table("ancestry", ["ancestor_row"]).column("ancestor_row").to_numpy()
        at = np.flatnonzero(ancestors == row)
        return chosen(self.snapshot, "ancestry", ["model_row"], at).column("model_row").to_numpy().astype(np.int64)

    def above(self, row: int) -> tuple[Ints, Ints]:
        """(ancestor, distance) int64[k] of one model, A–Z; none of a deep one."""
        if not self.stored:
            model, ancestor, distance = self.pairs
            mine = slice(*np.searchsorted(model, [row, row + 1]))
            return ancestor[mine], distance[mine]
        found = where(self.snapshot, "ancestry", "model_row", row, ["ancestor_row", "distance"])
        ancestor, distance = (column.to_numpy().astype(np.int64) for column in found.columns)
        return ancestor, distance

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """bool[n]: all models, and the stubs that are the base of an edge."""
        if self.stored:
            basis = self.snapshot.table("models", ["basis"]).column("basis")
            return pc.equal(basis, "declared").fill_null(True).to_numpy()
        flag = ~self.snapshot.table("models", ["stub"]).column("stub").to_numpy()
        flag[self.edges(["base_row"]).column("base_row").to_numpy()] = True
        return flag

    @cached_property
    def graph(self) -> Graph:
        """The whole graph; a stub that is not `present` is a row without edges.

        The bases of a child stand in the order of their positions; those without one, as nobody declared
        them or tags alone do, come after all others, by id.
        """
        table = self.edges(["child_row", "base_row", "position"])
        position = table.column("position").cast(pa.int64()).fill_null(NO_POSITION).to_numpy()
        ends = (table.column("child_row").to_numpy(), table.column("base_row").to_numpy())
        return build(len(self.present), ends[0], ends[1], position)

    @cached_property
    def group(self) -> Ints:
        """int64[n]: `Graph.group`; for `declared` from what the build stored, which takes no graph."""
        if not self.stored:
            return self.graph.group
        cycle = self.snapshot.table("models", ["cycle"]).column("cycle")
        found = np.arange(len(cycle))
        members = np.flatnonzero(cycle.is_valid().to_numpy())
        code = cycle.drop_null().combine_chunks().dictionary_encode().indices.to_numpy()
        # A group is called by its first row, and rows are ascending.
        first = np.full(len(members), len(cycle))
        np.minimum.at(first, code, members)
        found[members] = first[code]
        return found

    @cached_property
    def generation(self) -> Ints:
        """int64[n]: `Graph.generation`, likewise."""
        if not self.stored:
            return self.graph.generation
        return self.snapshot.table("models", ["generation"]).column("generation").to_numpy().astype(np.int64)

    @property
    def has_base(self) -> NDArray[np.bool_]:
        """bool[n]: `Graph.has_base`: a group with a base outside itself is of a later generation."""
        return self.generation > 0

    @property
    def is_root(self) -> NDArray[np.bool_]:
        """bool[n]: `Graph.is_root`."""
        return (self.generation == 0) & (self.group == np.arange(len(self.group)))

    @cached_property
    def closure(self) -> ancestry.Ancestry:
        """The ancestry as arrays; for `declared` under the bound that the build used."""
        if self.stored:
            return ancestry.closure(self.graph, self.snapshot.counts["ancestry_bound"])
        return ancestry.closure(self.graph)

    @cached_property
    def pairs(self) -> tuple[Ints, Ints, Ints]:
        """(model, ancestor, distance) int64[pairs], sorted by model and ancestor; those of deep models are left out."""
        if not self.stored:
            return self.closure.model, self.closure.ancestor, self.closure.distance
        names = ["model_row", "ancestor_row", "distance"]
        table = self.snapshot.table("ancestry", names)
        model, ancestor, distance = (table.column(name).to_numpy().astype(np.int64) for name in names)
        return model, ancestor, distance

    @cached_property
    def deep(self) -> NDArray[np.bool_]:
        """bool[n]: models with more ancestors than `bound`."""
        if not self.stored:
            return self.closure.deep
        named = self.snapshot.manifest["deep"]
        if not named:
            return np.zeros(len(self.present), bool)
        ids = self.snapshot.table("models", ["id"]).column("id")
        return pc.is_in(ids, value_set=pa.array(named, pa.string())).to_numpy()

    @property
    def bound(self) -> int:
        """Ancestors above which a model is deep."""
        return self.snapshot.counts["ancestry_bound"] if self.stored else self.closure.bound

    @cached_property
    def relation(self) -> Ints:
        """int64[n]: each model's relation as a place in `MODEL_RELATIONS`, -1 without a base."""
        if self.stored:
            return relation_codes(self.snapshot.table("models", ["relation"]).column("relation"))
        table = self.edges(["child_row", "relation"])
        label = relation_codes(table.column("relation").fill_null("unlabelled"))
        child = table.column("child_row").to_numpy()
        least = np.full(len(self.present), len(MODEL_RELATIONS), np.int64)
        most = np.full(len(self.present), -1, np.int64)
        np.minimum.at(least, child, label)
        np.maximum.at(most, child, label)
        return np.where((least < most) & (most >= 0), MODEL_RELATIONS.index("mixed"), most)

    @cached_property
    def first(self) -> Ints:
        """int64[n]: the edge (row of `edges()`) to each model's first base, -1 without a base."""
        table = self.edges(["child_row", "place"])
        child, place = table.column("child_row").to_numpy(), table.column("place").to_numpy()
        order = np.lexsort((place, child))
        head = np.r_[True, child[order][1:] != child[order][:-1]] if len(order) else np.zeros(0, bool)
        found = np.full(len(self.present), -1, np.int64)
        found[child[order][head]] = order[head]
        return found

    def models(self, columns: Sequence[str]) -> pa.Table:
        """Columns of the table `models`, as this basis has them.

        Raises KeyError for a roll-up of downloads under another basis than `declared`: `rollups.py` makes those.
        """
        if self.stored:
            return self.snapshot.table("models", list(columns))
        read = [name for name in columns if name not in (*FOLLOWING, *ROLLUP_COLUMNS)]
        table = self.snapshot.table("models", read) if read else None
        found = {
            name: table.column(name) if table is not None and name in read else self._following(name)
            for name in columns
        }
        return pa.table(found)

    def models_at(self, columns: Sequence[str], rows: Ints) -> pa.Table:
        """The same of some rows, in their order; for `declared` without reading all others."""
        if self.stored:
            return chosen(self.snapshot, "models", list(columns), rows)
        return self.models(columns).take(pa.array(rows))

    def _following(self, name: str) -> pa.Array:
        """A column of `models` that follows from the edges, computed."""
        ids = self.snapshot.table("models", ["id"]).column("id")
        match name:
            case "relation":
                return pa.array(MODEL_RELATIONS).take(pa.array(self.relation, mask=self.relation < 0))
            case "base":
                above = self.edges(["base_row"]).column("base_row").take(pa.array(self.first, mask=self.first < 0))
                return ids.take(above)
            case "bases":
                values = np.bincount(self.graph.child, minlength=self.graph.n)
            case "generation":
                values = self.generation
            case "cycle":
                alone = (self.graph.size <= 1)[self.graph.group]
                return ids.take(pa.array(self.graph.group, mask=alone))
            case "children":
                values = centrality.in_degree(self.graph)
            case "descendants":
                values = centrality.reach(self.graph, self.closure)
            case "harmonic":
                harmonic, unknown = centrality.harmonic(self.graph, self.closure)
                return pa.array(harmonic, mask=unknown)
            case "pagerank":
                rank = centrality.pagerank(self.graph, centrality.equal(self.graph), self.present)
                return pa.array(rank, mask=~self.present)
            case _:
                raise KeyError(f"{name} is stored for the basis declared only")
        return pa.array(values, TABLES["models"].field(name).type)


def lineage_under(snapshot: Snapshot, basis: str) -> Lineage:
    """What is derived from what under `basis`. Raises UsageError as `check_basis`."""
    check_basis(snapshot, basis)
    return Lineage(snapshot, basis)
