"""A snapshot, opened to be asked: one method for each command, pandas frames out.

    import lineage
    with_names = lineage.open("sample")
    with_names.intermediaries(rule="R1", frame="text-generation")

`table(name, …)` gives the Arrow table that a command prints; the methods of the same name turn it
into pandas, which is imported there and nowhere else.
"""

import json
import logging
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lineage.catalog import Catalog
from lineage.pages import Pages

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

log = logging.getLogger(__name__)


class Session(Pages):
    """One snapshot and every question about it."""

    def __repr__(self) -> str:
        head = self.snapshot.header()
        return f"<lineage {head['name']}, {head['taken_at']}: {head['models']:,} models, {head['edges']:,} edges>"

    @classmethod
    def open(cls, snapshot: str | Path | None = None, *, home: str | Path | None = None) -> "Session":
        """Open a snapshot by name, folder or address, or the current one; `home` instead of LINEAGE_HOME.

        One at an address (`s3://…`, `hf://…`) is fetched into a folder that goes when the snapshot does. Raises
        NotFound where there is none, SnapshotError where it is damaged or too new, SourceError where it
        cannot be fetched.
        """
        catalog = Catalog(Path(home) if home is not None else None)
        snapshot = str(snapshot) if isinstance(snapshot, Path) else snapshot
        if snapshot is None or "://" not in snapshot:
            found = catalog.open(snapshot)
            log.info(
                "opened the snapshot %s", found.name, extra={"fields": found.header() | {"home": str(catalog.root)}}
            )
            return cls(found, catalog)
        from lineage.sources import remote

        folder = tempfile.mkdtemp(prefix="lineage-")
        try:
            found = remote.fetch(snapshot, Path(folder))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
        return cls(found, catalog)

    # --- frames -----------------------------------------------------------------------------------

    def info(self) -> "pd.DataFrame":
        """What the snapshot holds, one row."""
        return self.table("info").to_pandas()

    def rejected(self) -> "pd.DataFrame":
        """Rows, claims and cards that were rejected, each with its reason."""
        return self.table("rejected").to_pandas()

    def conflicts(self) -> "pd.DataFrame":
        """Declared edges whose sources give different labels."""
        return self.table("conflicts").to_pandas()

    def changes(self, against: str | None = None) -> "pd.DataFrame":
        """Models that are new, gone, renamed or moved since another snapshot; see `lineage.answers.changes`.

        `against`: its name or folder; without it the newest earlier one that has the Hub's `_id`.
        """
        return self.table("changes", against=against).to_pandas()

    def explain(self, model: str, base: str | None = None) -> "pd.DataFrame":
        """Every claim of a model, its evidence, what was made of it and why; see `lineage.answers.explain`."""
        return self.table("explain", model=model, base=base).to_pandas()

    def check_rules(self) -> "pd.DataFrame":
        """Precision and recall of the rules on prose and names; see `lineage.answers.rules`."""
        return self.table("check-rules").to_pandas()

    def intermediaries(self, **options: Any) -> "pd.DataFrame":
        """R1–R6; see `lineage.answers.intermediaries`. Options: rule, frame, window, basis, owner, threshold,
        list, members, accounts (`lineage.answers.accounts`)."""
        return self.table("intermediaries", **options).to_pandas()

    def shares(self, by: str, **options: Any) -> "pd.DataFrame":
        """Share rows by a cut; see `lineage.answers.shares`. Options: frame, window, basis, limit, members, key."""
        return self.table("shares", by=by, **options).to_pandas()

    def flows(self, **options: Any) -> "pd.DataFrame":
        """Downloads by whose models they stand on, who serves them, and as what; see `lineage.answers.flows`.
        Options: by (relation or format), frame, window, basis, owner, list."""
        return self.table("flows", **options).to_pandas()

    def figures(self, **options: Any) -> "pd.DataFrame":
        """The figures of the study, each with its definition; see `lineage.answers.figures`. Numerators are Decimal.
        Options: figure, frame, window, basis, owner, list, members."""
        return self.table("figures", **options).to_pandas()

    def disclosure(self, **options: Any) -> "pd.DataFrame":
        """Downloads of models that name their training data, by year; see `lineage.answers.disclosure`.
        Options: frame, window, basis, members."""
        return self.table("disclosure", **options).to_pandas()

    def sizes(self, **options: Any) -> "pd.DataFrame":
        """Mean size of a downloaded model, by year; see `lineage.answers.sizes`. Numerators are Decimal.
        Options: frame, window, basis."""
        return self.table("sizes", **options).to_pandas()

    def concentration(self, over: str, **options: Any) -> "pd.DataFrame":
        """How few publishers, families or countries hold the downloads; see `lineage.answers.concentration`.
        Options: frame, window, basis."""
        return self.table("concentration", over=over, **options).to_pandas()

    def rollup(self, models: str | Sequence[str] = (), **options: Any) -> "pd.DataFrame":
        """Downloads with everything derived; see `lineage.answers.rollups`. Options: frame, window, basis, top,
        over (`lineage.answers.publisher_rollups`), split_by (`full_split`) with owner, list, members."""
        return self.table("rollup", models=models, **options).to_pandas()

    def rank(self, on: str = "models", metric: str = "pagerank", **options: Any) -> "pd.DataFrame":
        """Models or publishers by a metric, the most central first; see `lineage.answers.model_ranks` and
        `publisher_ranks`. Options: weights, owner, frame, window, basis, limit."""
        return self.table("rank", on=on, metric=metric, **options).to_pandas()

    def tree(self, model: str, **options: Any) -> "pd.DataFrame":
        """The family as rows of a tree; see `lineage.answers.tree`."""
        return self.table("tree", model=model, **options).to_pandas()

    def servers(self, model: str, **options: Any) -> "pd.DataFrame":
        """Who serves a model; see `lineage.answers.serving`. Options: window, basis, owner, list, limit, members."""
        return self.table("servers", model=model, **options).to_pandas()

    def variants(self, model: str, **options: Any) -> "pd.DataFrame":
        """The repositories of a model; see `lineage.answers.variants`. Options: window, basis, owner."""
        return self.table("variants", model=model, **options).to_pandas()

    def publisher(self, name: str, **options: Any) -> "pd.DataFrame":
        """What an account hosts and serves; see `lineage.answers.publisher`. Options: window, basis, owner, limit."""
        return self.table("publisher", name=name, **options).to_pandas()

    def trend(self, name: str, snapshots: str | Sequence[str] = (), **options: Any) -> "pd.DataFrame":
        """The question `name` over several snapshots; see `lineage.history`. Options: sources, scheduler, force, and
        those of the question."""
        from lineage.history import over
        from lineage.questions import several

        return over(self.catalog, name, several(snapshots), options).to_pandas()

    def diff(self, other: str) -> "pd.DataFrame":
        """Models that came, went, were renamed or count less between this snapshot and another, the earlier first."""
        return self.table("diff", other=Session.open(other, home=self.catalog.root).snapshot).to_pandas()

    def cite(self) -> "pd.DataFrame":
        """What a citation of the snapshot has to name: field, value; see `lineage.answers.citation`."""
        return self.table("cite").to_pandas()

    def query(self, text: str, params: Mapping[str, Any] | None = None, **options: Any) -> "pd.DataFrame":
        """A named query or a Cypher statement, read only. `params`: text as on the command line, or any value that JSON
        has. Options: on (URI), timeout (seconds), explain, limit (rows;
        10,000 unless given, and a warning where there are more)."""
        import warnings

        from lineage.printing import LeftOut

        remarks: list[str] = []
        given = {name: v if isinstance(v, str) else json.dumps(v) for name, v in (params or {}).items()}
        table = self.table("query", text=text, params=given, **{"say": remarks.append, **options})
        if any(isinstance(remark, LeftOut) for remark in remarks):
            warnings.warn(f"There are more rows than these {table.num_rows:,}: limit= gives more.", stacklevel=2)
        return table.to_pandas()

    def schema(self, **options: Any) -> "pd.DataFrame":
        """What the graph holds, label by label; see `lineage.stores.described`. Options: on (URI), timeout."""
        return self.table("schema", **options).to_pandas()

    @property
    def models(self) -> "pd.DataFrame":
        """The table `models`; `docs/tables.md` describes the columns."""
        return self.snapshot.table("models").to_pandas()

    @property
    def edges(self) -> "pd.DataFrame":
        """The table `edges`."""
        return self.snapshot.table("edges").to_pandas()

    @property
    def ancestry(self) -> "pd.DataFrame":
        """The table `ancestry`."""
        return self.snapshot.table("ancestry").to_pandas()

    def to_networkx(self, model: str, *, basis: str = "declared") -> "nx.DiGraph":
        """The family of `model` and what it was made from, as a networkx graph, child → base.

        Nodes carry publisher, stub, downloads, relation; edges relation and evidence; relations are those
        of `basis`.
        """
        import networkx as nx
        import pyarrow.compute as pc

        from lineage.answers.family import family

        selection = self.select(None, basis=basis, uncounted=True)
        found, lineage = family(selection, model), selection.lineage
        ids = pa.array([*found.members.column("id").to_pylist(), *found.above.column("id").to_pylist()], pa.string())
        models = lineage.models(["id", "publisher", "stub", "downloads", "relation"])
        edges = lineage.edges(["child", "base", "relation", "evidence"])
        inside = pc.and_(pc.is_in(edges.column("child"), value_set=ids), pc.is_in(edges.column("base"), value_set=ids))
        graph = nx.DiGraph()
        for row in models.filter(pc.is_in(models.column("id"), value_set=ids)).to_pylist():
            graph.add_node(row.pop("id"), **row)
        for row in edges.filter(inside).to_pylist():
            graph.add_edge(row.pop("child"), row.pop("base"), **row)
        return graph
