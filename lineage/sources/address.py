"""An address of a data set on the Hub, as huggingface_hub writes it: `hf://datasets/OWNER/NAME@REVISION/path`."""

import re
from dataclasses import dataclass
from datetime import date

from lineage.errors import UsageError

#: The table of all models of the Hub, made anew every day, and its dated copies.
HUB_STATS = "cfahlgren1/hub-stats"
HUB_WEEKLY = "hfmlsoc/hub_weekly_snapshots"

_UNDERSTOOD = (
    "What is understood: hf://datasets/OWNER/NAME, then @REVISION and /path/to/file-or-folder where wanted, "
    f"for instance hf://datasets/{HUB_STATS} or hf://datasets/{HUB_WEEKLY}@2026-09-30."
)

_DATE = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Address:
    """Where tables lie: a data set, one of its revisions, a file or folder in it."""

    id: str
    """`OWNER/NAME`."""
    revision: str | None = None
    """A branch, tag or commit; None: the newest."""
    path: str = ""
    """In the data set; empty: all of it."""
    date: str | None = None
    """ISO date: the dated folder that is meant, where the data set is made of them."""


def is_address(source: str) -> bool:
    """Whether a source is meant to be an address of the Hub, well written or not."""
    return source[:3].lower() == "hf:"


def parse(source: str) -> Address:
    """The address in `source`. Raises UsageError, with what is understood, for anything but a data set."""
    from huggingface_hub.errors import HfUriError
    from huggingface_hub.utils import parse_hf_uri

    try:
        found = parse_hf_uri(source)
    except HfUriError:
        raise UsageError(f"{source!r} is no address of a data set. {_UNDERSTOOD}") from None
    if found.type != "dataset":
        raise UsageError(f"{source!r} names a {found.type}, and tables of models are data sets. {_UNDERSTOOD}")
    path = found.path_in_repo.strip("/")
    if not is_plain(path) and path:
        raise UsageError(f"The path {path!r} cannot be one of a data set. {_UNDERSTOOD}")
    if is_weekly(found.id) and found.revision and _DATE.fullmatch(found.revision):
        if not date_in(found.revision):
            raise UsageError(f"{found.revision!r} is no date: write @2026-09-30.")
        if path:
            raise UsageError(
                f"@{found.revision} picks a folder of {found.id} by itself: leave out /{path}, or the date before it."
            )
        return Address(found.id, date=found.revision)
    return Address(found.id, found.revision, path)


def is_weekly(id: str) -> bool:
    """Whether a data set is that of dated copies; the Hub compares ids without case."""
    return id.casefold() == HUB_WEEKLY


def is_known(id: str) -> bool:
    """Whether a data set is one of the two whose layout is known."""
    return is_weekly(id) or id.casefold() == HUB_STATS


def date_in(path: str) -> str | None:
    """The last date in a path, ISO, where there is one."""
    for text in reversed(_DATE.findall(path)):
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            continue
    return None


def is_plain(path: str) -> bool:
    """Whether a path of a data set can be one below a folder of ours, on any system."""
    return all(part not in ("", ".", "..") and not re.search(r'[\x00-\x1f\\:*?"<>|]', part) for part in path.split("/"))
