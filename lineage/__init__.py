"""lineage: who made what from which model.

`lineage.open("sample")` opens a snapshot and answers the questions of the command line as pandas
frames; see `lineage/session.py`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lineage.session import Session

__version__ = "0.1.0"
__all__ = ["__version__", "open"]


def open(snapshot: str | None = None, **options: Any) -> "Session":
    """Open a snapshot by name, folder or None for the current one.

    Returns a `lineage.session.Session`. Raises `lineage.errors.NotFound` where there is none.
    """
    # Imported here so that `import lineage` costs nothing: a session brings pyarrow and numpy.
    from lineage.session import Session

    return Session.open(snapshot, **options)
