"""Keep pandas out of commands: they work on Arrow tables and never need it.

pyarrow and the Neo4j driver import pandas where they can, to look for its types in what they are
given: half a second of every command for nothing. While it is hidden they find no pandas and go on.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder


class _NoPandas(MetaPathFinder):
    """A finder by which pandas does not exist."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Refuse pandas, pass on everything else."""
        if fullname == "pandas":
            raise ImportError("pandas is kept out here", name=fullname)


_FINDER = _NoPandas()


def hide() -> None:
    """From here on pandas cannot be imported; what has imported it already keeps it."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)


def show() -> None:
    """From here on pandas can be imported again."""
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)


@contextmanager
def hidden() -> Iterator[None]:
    """Hide pandas for a while, if nobody hides it for longer."""
    already = _FINDER in sys.meta_path
    hide()
    try:
        yield
    finally:
        if not already:
            show()


@contextmanager
def shown() -> Iterator[None]:
    """Let pandas be imported for a while, where a library insists on it."""
    already = _FINDER in sys.meta_path
    show()
    try:
        yield
    finally:
        if already:
            hide()
