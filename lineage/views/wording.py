"""How things are said on a page: names made safe to show, numbers, shares, the words of a window.

Text in, text out. Every writer uses these, so a number reads the same in the picture, the outline and pyvis.
"""

import hashlib
import re
from urllib.parse import quote

from lineage.screen import visible

#: What the Hub allows as a repository's address; anything else gets no link.
_ADDRESS = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?", re.ASCII)

WINDOWS = {
    "30d": "last 30 days",
    "all_time": "all time",
    "under_1y": "all time, models created in the year before the snapshot only",
}

#: An id that its file's name tells again, where the slash is two dashes.
_PART = r"[a-z0-9._]+(?:-[a-z0-9._]+)*"
_PLAIN = re.compile(f"{_PART}(?:/{_PART})?")

_UNITS = ((10**3, "k"), (10**6, "M"), (10**9, "B"), (10**12, "T"))

BASES = {
    "declared": "only what models declare in their cards, tags and the Hub’s own fields",
    "stated": "what models declare, and what their repositories say elsewhere",
    "inferred": "what models declare or say, and what their names suggest",
}


def clean(text: str) -> str:
    """`text` for showing: each character that hides or reorders others becomes U+FFFD."""
    return visible(text)


def prose(text: str) -> str:
    """A sentence of our own with typographic apostrophes: the Hub's → the Hub’s. Not for names from outside."""
    return re.sub(r"(?<=\w)'(?=\w|[\s.,;:)]|$)", "’", text)


def split(id: str) -> tuple[str, str]:
    """The account and the name of a model's id; an id without an account is all name."""
    account, slash, name = id.partition("/")
    return (account, name) if slash else ("", id)


def exact(number: int | None) -> str:
    """1234567 → 1,234,567; unknown is an en dash."""
    return "–" if number is None else f"{number:,}"


def short(number: int | None) -> str:
    """1234567 → 1.2 M, rounded half up; exact below a thousand."""
    if number is None:
        return "–"
    if number < 1000:
        return str(number)
    for size, letter in _UNITS:
        whole = (2 * number + size) // (2 * size)
        if whole < 1000 or letter == "T":
            break
    tenths = (20 * number + size) // (2 * size)
    return (f"{tenths / 10:.1f}" if tenths < 1000 else f"{whole:,}") + f"\u00a0{letter}"


def share(part: int, whole: int) -> str:
    """`part` of `whole` in per cent with one place, rounded half up from the exact integers.

    Something is never called 0.0 %, and not quite all never 100.0 %.
    """
    if not whole:
        return "–"
    tenths = (part * 2000 + whole) // (2 * whole)
    if part and not tenths:
        return "<\u00a00.1\u00a0%"
    if part < whole and tenths == 1000:
        return ">\u00a099.9\u00a0%"
    return f"{tenths // 10}.{tenths % 10}\u00a0%"


def count(number: int, one: str, many: str | None = None) -> str:
    """2 and "model" → 2 models."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def window(name: str) -> str:
    """The words of a window, or its name where there are none."""
    return WINDOWS.get(name, name)


def basis(name: str) -> str:
    """What a basis believes, as the end of a sentence; empty for an unknown one."""
    return f": {BASES[name]}" if name in BASES else ""


def day(moment: str) -> str:
    """The date of an ISO moment; other text unchanged."""
    return moment[:10] if re.match(r"\d{4}-\d\d-\d\d([T ]|$)", moment) else moment


def address(id: str) -> str | None:
    """The Hub page of a model, or None where the id cannot be a repository's name."""
    return "https://huggingface.co/" + quote(id) if _ADDRESS.fullmatch(id) and ".." not in id else None


def file_name(kind: str, id: str | None, ending: str) -> str:
    """A name for a file about a model: `family-openai--gpt2.html`; about nothing in particular `flows.html`.

    Any sign that names on the Hub do not have is a `_`, so that no id leads out of the folder; the first word keeps it
    from the names that a system reserves. A name from which the id could not be read again, or only where a disk tells
    `A` from `a`, ends in six digits of the id's sha256: of two ids that differ in case or form alone, neither file
    takes the other's place.
    """
    if id is None:
        return f"{kind}.{ending}"
    name = re.sub(r"[^A-Za-z0-9._-]", "_", id.replace("/", "--"))[:150] or "_"
    plain = len(id) < 150 and _PLAIN.fullmatch(id)
    digest = "" if plain else "~" + hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{kind}-{name}{digest}.{ending}"
