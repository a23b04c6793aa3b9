"""A snapshot, opened: its tables, and its pages and files for other programs as text.

Rows come from the questions, pages from `views`: a method brings the two together. `session.py` adds the frames.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lineage.catalog import Catalog
from lineage.errors import UsageError
from lineage.questions import Note, ask, select, several, silent, together
from lineage.snapshot import Snapshot

if TYPE_CHECKING:
    from lineage.answers.ancestors import Ancestors
    from lineage.answers.family import Family
    from lineage.answers.frames import Selection
    from lineage.answers.hosting import Hosting
    from lineage.views.files.graphfiles import GraphFile
    from lineage.views.overview import Overview


class Pages:
    """One snapshot, and what is shown of it."""

    def __init__(self, snapshot: Snapshot, catalog: Catalog) -> None:
        self.snapshot = snapshot
        self.catalog = catalog

    def header(self) -> dict[str, Any]:
        """What `--format json` says about the snapshot."""
        return self.snapshot.header()

    def spelled(self, model: str) -> str:
        """The id that `model` names, as the snapshot spells it. Raises NotFound with near misses."""
        from lineage.answers.lookup import model_row

        row = model_row(self.snapshot, model)
        return str(self.snapshot.table("models", ["id"]).column("id")[row].as_py())

    def spelled_account(self, name: str) -> str:
        """The account that `name` names, as the snapshot spells it. Raises NotFound with near misses."""
        from lineage.answers.lookup import account

        return account(self.snapshot, name)

    # --- tables -----------------------------------------------------------------------------------

    def table(self, name: str, /, **options: Any) -> pa.Table:
        """What the command `name` prints, as an Arrow table.

        `name`: one of `lineage.questions.QUESTIONS`. Raises as the command does.
        """
        return ask(name, self.snapshot, self.catalog, **options)

    def select(
        self, frame: str | Sequence[str] | None = None, window: str = "30d", basis: str = "declared", **options: Any
    ) -> "Selection":
        """The models of a frame and window; see `lineage.questions.select`."""
        return select(self.snapshot, frame, window, basis, **options)

    def family_of(self, model: str, *, window: str = "30d", basis: str = "declared", owner: str = "group") -> "Family":
        """The model with everything derived from it; see `lineage.answers.family`."""
        from lineage.answers.family import family

        return family(self.select(None, window, basis, uncounted=True), model, owner)

    def ancestors_of(
        self, model: str, *, window: str = "30d", basis: str = "declared", owner: str = "group"
    ) -> "Ancestors":
        """The model with everything that it goes back to; see `lineage.answers.ancestors`."""
        from lineage.answers.ancestors import ancestors

        return ancestors(self.select(None, window, basis, uncounted=True), model, owner)

    def hosting_of(self, name: str, *, window: str = "30d", basis: str = "declared", owner: str = "group") -> "Hosting":
        """All that is said of an account; see `lineage.answers.hosting`. Raises NotFound with near misses."""
        from lineage.answers.hosting import hosting
        from lineage.answers.lookup import account

        selection = self.select(None, window, basis)
        return hosting(selection, account(self.snapshot, name), owner)

    # --- pages, and files for other programs -------------------------------------------------------

    def view_family(
        self, model: str, *, writer: str = "outline", nodes: int = 60, all: bool = False, **options: Any
    ) -> str:
        """The family of `model` as one self-contained HTML page; `writer` is outline or pyvis.

        `all`: every model is drawn, none folded. Raises UsageError where there are too many (`views.families.canvas`).
        """
        from lineage.views.families.family import family_page, family_pyvis

        writers = {"outline": family_page, "pyvis": family_pyvis}
        _check_writer(writer, writers)
        found = self.family_of(model, **options)
        if all:
            from lineage.views.families.canvas import family_canvas, family_canvas_pyvis

            return (family_canvas if writer == "outline" else family_canvas_pyvis)(found)
        return writers[writer](found, nodes=nodes)

    def view_ancestors(self, model: str, *, writer: str = "outline", nodes: int = 60, **options: Any) -> str:
        """What `model` goes back to, up to the roots, as one self-contained HTML page; `writer` is outline or pyvis.

        Options: window, basis, owner. Raises NotFound with near misses, UsageError for a writer that there is not.
        """
        from lineage.views.ancestors import ancestors_page, ancestors_pyvis

        writers = {"outline": ancestors_page, "pyvis": ancestors_pyvis}
        _check_writer(writer, writers)
        return writers[writer](self.ancestors_of(model, **options), nodes=nodes)

    def view_publisher(self, name: str, **options: Any) -> str:
        """What the account `name` hosts and serves, as one self-contained HTML page. Options: window, basis, owner.

        Raises NotFound with near misses, UsageError for a window that the snapshot does not have.
        """
        from lineage.views.publisher import publisher_page

        return publisher_page(self.hosting_of(name, **options))

    def graph_ancestors(self, model: str, *, nodes: int = 60, **options: Any) -> "GraphFile":
        """What `model` goes back to for other programs, as `graph_family`; drawings name about `nodes` models."""
        from lineage.views.files.ancestors_graph import ancestors_graph

        found = self.ancestors_of(model, **options)
        said = {"model": found.model, "window": found.window, "basis": found.basis} | options
        return ancestors_graph(found, self.header(), said, nodes=nodes)

    def graph_publisher(self, name: str, *, nodes: int = 60, **options: Any) -> "GraphFile":
        """The accounts around an account for other programs, as `graph_family`; drawings show the `nodes` largest."""
        from lineage.views.files.publisher_graph import publisher_graph

        found = self.hosting_of(name, **options)
        said = {"name": found.name, "window": found.window, "basis": found.basis} | options
        return publisher_graph(found, self.header(), said, nodes=nodes)

    def graph_family(self, model: str, *, nodes: int = 60, every: bool = False, **options: Any) -> "GraphFile":
        """The family of `model` for other programs; `lineage.views.files.graphfiles.text(it, "gexf")` is a file of it.

        Drawings show about `nodes` things, or `every` model. Options: window, basis, owner.
        """
        from lineage.views.files.family_graph import family_graph

        family = self.family_of(model, **options)
        said = {"model": family.model, "window": family.window, "basis": family.basis} | options
        return family_graph(family, self.header(), said, nodes=nodes, every=every)

    def report(self, form: str = "html", *, over: str | Sequence[str] = (), say: Note = silent, **options: Any) -> str:
        """The report on the snapshot as text: html, markdown or json; see `lineage.reporting`.

        `over`: snapshots for time series; `say` is told what is being done. Options: frame, window, basis, owner, list.
        """
        from lineage.reporting import Choices, report
        from lineage.views.reports.writers import check_format, written

        check_format(form)
        if "frame" in options:
            options["frame"] = several(options["frame"])
        return written(report(self.snapshot, self.catalog, Choices(**options), over=several(over), say=say), form)

    def _flows(self, options: dict[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
        """The rows of `flows`, and what was asked in full, the frame as it is printed."""
        asked = {"by": "relation", "window": "30d", "basis": "declared", "owner": "group", "list": "strict"} | options
        rows = self.table("flows", **options)
        asked["frame"] = self.select(options.get("frame"), asked["window"], asked["basis"]).frame
        return rows, asked

    def view_flows(self, *, publishers: int = 12, intermediaries: int = 11, **options: Any) -> str:
        """The flows as one self-contained HTML page, with so many base publishers and intermediaries by name.
        Options as for `flows`."""
        from lineage.reference import list_said
        from lineage.views.flows import flows_page

        rows, asked = self._flows(options)
        shown = {"publishers": publishers, "intermediaries": intermediaries}
        return flows_page(rows, self.header(), asked, list_said(asked["list"]), shown)

    def graph_flows(self, *, publishers: int = 12, intermediaries: int = 11, **options: Any) -> "GraphFile":
        """The flows for other programs: accounts, and a link from who serves to whose models it is made from. Drawings
        show what the page does. Options as for `flows`."""
        from lineage.views.files.flows_graph import flows_graph

        rows, asked = self._flows(options)
        shown = {"publishers": publishers, "intermediaries": intermediaries}
        return flows_graph(rows, self.header(), asked | {"list": Path(asked["list"]).name}, shown)

    def overview_of(self, *, publishers: int = 24, **options: Any) -> "Overview":
        """The rows of which `view_overview` is made. Options: frame, window, basis."""
        with together():
            return self._overview_of(publishers, options)

    def _overview_of(self, publishers: int, options: dict[str, Any]) -> "Overview":
        from lineage.views.charts.holding import ASKED
        from lineage.views.overview import CUTS, Overview

        def rows(by: str, limit: int) -> list[dict[str, Any]]:
            return self.table("shares", by=by, limit=limit, **options).to_pylist()

        cuts, missing = {}, {}
        for by in CUTS:
            try:
                cuts[by] = rows(by, 8)
            except UsageError as error:  # a column that the source lacks is said in words
                missing[by] = str(error)
        selection = self.select(options.get("frame"), options.get("window", "30d"), options.get("basis", "declared"))
        over = {
            name: self.table("concentration", over=name, **options).to_pylist()[0] for name in ("publisher", "family")
        }
        return Overview(
            self.header(), self.table("info").to_pylist()[0], rows("origin", publishers), rows("publisher", ASKED),
            rows("family", ASKED), over, cuts, missing, selection.words(),
        )  # fmt: skip

    def view_overview(self, **options: Any) -> str:
        """The snapshot as one self-contained HTML page. Options: publishers (by name), frame, window, basis."""
        from lineage.views.overview import overview_page

        return overview_page(self.overview_of(**options))

    def graph_overview(self, **options: Any) -> "GraphFile":
        """Publishers and their largest families, as the overview draws them, for other programs."""
        from lineage.views.files.overview_graph import overview_graph

        return overview_graph(self.overview_of(**options), options)

    def view_query(self, text: str, params: dict[str, str] | None = None, **options: Any) -> str:
        """The nodes and links in the answer to a query, as one self-contained HTML page; options as for `query`."""
        from lineage.stores.ask import found
        from lineage.views.answer import answer_page

        return answer_page(*found(self.snapshot, self.catalog.root, text, params or {}, **options))

    def graph_query(
        self, text: str, params: dict[str, str] | None = None, *, nodes: int = 500, **options: Any
    ) -> "GraphFile":
        """The nodes and links in the answer to a query, for other programs; drawings show `nodes` nodes at most.
        Options as for `query`."""
        from lineage.stores.ask import found
        from lineage.views.files.answer_graph import answer_graph

        graph, source = found(self.snapshot, self.catalog.root, text, params or {}, **options)
        return answer_graph(
            graph, source, self.header() if source["snapshot"] == self.snapshot.name else None, nodes=nodes
        )


def _check_writer(writer: str, writers: Collection[str]) -> None:
    """Raise UsageError for a writer that there is not."""
    if writer not in writers:
        raise UsageError(f"There is no writer {writer!r}. There are: {', '.join(writers)}.")
