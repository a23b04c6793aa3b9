"""Questions of the study: its figures, and what they are made of, by year and over whom."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from lineage.catalog import Catalog
from lineage.questions import Note, select, several, silent
from lineage.snapshot import Snapshot


def figures(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    figure: str | Sequence[str] | None = None,
    frame: str | Sequence[str] | None = None,
    window: str = "30d",
    basis: str = "declared",
    owner: str = "group",
    list: str = "strict",
    members: bool = False,
    note: Note = silent,
) -> pa.Table:
    """The figures of the study with their definitions, or the models of each numerator."""
    from lineage.answers import figures as answer
    from lineage.answers.frames import window_lacks
    from lineage.answers.owners import check_owner
    from lineage.reference import intermediaries

    answer.check_figures(several(figure))
    check_owner(owner)
    intermediaries(list)  # a list that is none is told even where no figure comes to ask for it
    lacks = window_lacks(snapshot, window)
    selection = select(snapshot, frame, "30d" if lacks else window, basis, uncounted=bool(lacks), note=note)
    study = answer.Study(replace(selection, window=window) if lacks else selection, owner, list, lacks)
    if members:
        return answer.members(study, several(figure))
    note("what each row counts, and why it is not the study's: --fields figure,rule,year,by,definition,why")
    return answer.figures(study, several(figure))


def disclosure(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    frame: str | Sequence[str] | None = None,
    window: str = "30d",
    basis: str = "declared",
    members: bool = False,
    note: Note = silent,
) -> pa.Table:
    """Downloads of models that name their training data, by year, or these models."""
    from lineage.answers import disclosure as answer

    selection = select(snapshot, frame, window, basis, note=note)
    return answer.members(selection) if members else answer.disclosure(selection)


def sizes(
    snapshot: Snapshot,
    catalog: Catalog,
    *,
    frame: str | Sequence[str] | None = None,
    window: str = "30d",
    basis: str = "declared",
    note: Note = silent,
) -> pa.Table:
    """The mean size of a downloaded model, by year."""
    from lineage.answers import sizes as answer

    return answer.sizes(select(snapshot, frame, window, basis, note=note))


def concentration(
    snapshot: Snapshot,
    catalog: Catalog,
    over: str,
    *,
    frame: str | Sequence[str] | None = None,
    window: str = "30d",
    basis: str = "declared",
    note: Note = silent,
) -> pa.Table:
    """How few publishers, families or countries hold the downloads."""
    from lineage.answers import concentration as answer

    return answer.concentration(select(snapshot, frame, window, basis, note=note), over)
