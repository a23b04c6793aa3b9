"""What each column of a table says, in the words of `docs/tables.md`: the one place where they stand."""

import re
from functools import cache
from pathlib import Path

_HERE = Path(__file__).resolve().parent

#: In a wheel the page lies inside the package; in a checkout, beside it.
_PAGE = next((p for p in (_HERE / "docs", _HERE.parent / "docs") if p.is_dir()), _HERE / "docs") / "tables.md"

_ROW = re.compile(r"^\| ([a-z][\w, ]*) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)


@cache
def columns(table: str) -> dict[str, str]:
    """Column → what it says, for a table of a snapshot. Raises KeyError for a table that the page lacks."""
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", _PAGE.read_text(encoding="utf-8"), re.M | re.S))
    found: dict[str, str] = {}
    for names, said in _ROW.findall(sections[table]):
        if names != "column":
            found |= dict.fromkeys(names.split(", "), said.strip())
    return found
