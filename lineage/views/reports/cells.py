"""The cells of a report's tables as people read them: the same text on the page and in Markdown."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from lineage.views import wording
from lineage.views.reports.document import Column

#: Kinds whose cells stand to the right.
NUMBERS = ("count", "share", "published", "index", "parameters")

#: Kinds whose cells are names that strangers gave.
NAMES = ("name", "id", "account", "list")

#: Keys that are no name: what is left over, what is not known, what the model has not, the sum.
SPECIAL = ("(others)", "(unknown)", "(none)", "(total)", "(undated)")


def right(column: Column) -> bool:
    """Whether the column stands to the right, as numbers do."""
    return column.kind in NUMBERS


def shown(column: Column, value: Any) -> str:
    """A cell as text, cleaned of what hides or reorders; an en dash for what is not there.

    Shares are per cent with two places, indices have three, rounded half up from the 12 places of the row; something is
    never called 0.00 %, and not quite all never 100.00 %. What a study published has the places it has there.
    Parameters are short: 1.2 B.
    """
    if value is None or value == []:
        return "–"
    if column.kind == "count":
        return wording.exact(int(value))
    if column.kind == "share":
        return percent(float(value))
    if column.kind == "published":
        return printed(float(value))
    if column.kind == "index":
        return index(float(value))
    if column.kind == "parameters":
        return wording.short(int(value))
    if isinstance(value, list | tuple):
        return wording.clean(", ".join(str(each) for each in value))
    return wording.clean(str(value))


def printed(value: float) -> str:
    """A share as a study prints it, no place added: 0.22 → 22 %, 0.171 → 17.1 %."""
    return f"{float(f'{value * 100:.6g}'):g}\u00a0%"


def index(value: float) -> str:
    """An index from 0 to 1 with three places; not quite 1 is never 1.000, and something never 0.000."""
    exact = Decimal(repr(value))
    rounded = exact.quantize(Decimal("0.001"), ROUND_HALF_UP)
    if exact < 1 and rounded == 1:
        return ">\u00a00.999"
    if exact > 0 and not rounded:
        return "<\u00a00.001"
    return str(rounded)


def percent(value: float, places: int = 2) -> str:
    """0.017947 → 1.79 %."""
    step = Decimal(1).scaleb(-places)
    exact = Decimal(repr(value)) * 100
    rounded = exact.quantize(step, ROUND_HALF_UP)
    if exact > 0 and not rounded:
        return f"<\u00a0{step}\u00a0%"
    if exact < 100 and rounded == 100:
        return f">\u00a0{100 - step}\u00a0%"
    return f"{rounded}\u00a0%"


def address(column: Column, value: Any) -> str | None:
    """Where a cell leads to: the page of a model or an account on the Hub; None for anything else."""
    if column.kind not in ("id", "account") or not isinstance(value, str):
        return None
    return wording.address(value)
