"""What a repository id is, and what id a person meant by the text in `base_model`.

`normalise` is total (any text gives an id or a reason) and idempotent.
"""

import re

#: What the Hub accepts and what older repositories have: one or two parts of ASCII letters,
#: digits, dot, dash and underscore. New names have at most 96; of 2022 there are some with 230.
SYNTAX = r"[A-Za-z0-9._-]{1,256}(/[A-Za-z0-9._-]{1,256})?"

_ID = re.compile(SYNTAX)
_BLANKS = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_NULL_WORDS = frozenset(
    {
        "",
        "no",
        "none",
        "nan",
        "null",
        "nil",
        "n/a",
        "na",
        "unknown",
        "-",
        "--",
        "~",
        "empty",
        "undefined",
        "[]",
        "{}",
        "false",
        "[more information needed]",
        "more information needed",
    }
)
_URL = re.compile(
    r"(?i)^(?:hf://|https?://(?:www\.)?(?:huggingface\.co|hf\.co)/|(?:www\.)?(?:huggingface\.co|hf\.co)/)"
)
_MARKDOWN = re.compile(r"^\[[^\]]*\]\(([^)\s]+)[^)]*\)$")
_ROUTE = re.compile(r"^([^/]+/[^/]+)/(?:tree|blob|resolve|raw|commits?|discussions|edit|settings)(?:/.*)?$")
_REVISION = re.compile(r"[@:][A-Za-z0-9._/-]+$")
#: The same of an early repository, which has no account: where something follows, for `a/tree` may be an id.
_LONE_ROUTE = re.compile(r"^([^/]+)/(?:tree|blob|resolve|raw|commits?|discussions)/.+$")
#: What the first part of an address on the Hub is when it leads to no repository of a model.
_PAGES = frozenset(
    ("datasets", "spaces", "papers", "docs", "collections", "blog", "posts", "learn", "tasks", "organizations")
)
_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")


def is_id(text: str) -> bool:
    """Whether `text` has the form of a repository id."""
    return bool(_ID.fullmatch(text)) and all(part.strip(".") for part in text.split("/"))


def normalise(text: str) -> tuple[str | None, str | None]:
    """What a text in `base_model` names: `(id, None)`, or `(None, reason)`.

    Reasons: `null-word`, `path` (a folder on somebody's disk), `not-a-model` (a data set, a space),
    `url` (an address outside the Hub), `blanks` (prose, or several ids in one text), `too-long`,
    `syntax`. Whether the id exists is not asked here.
    """
    name, reason = _stripped(text)
    # What is inside may itself be dressed up: an address that leads to `None`, a link within a link.
    return (name, reason) if name is None or len(name) >= len(text) else normalise(name)


def _stripped(text: str) -> tuple[str | None, str | None]:
    if len(text) > 500:
        return None, "too-long"
    for blank in _BLANKS:
        text = text.replace(blank, "")
    text = text.strip().strip("\"'`<>").strip()
    if text.lower() in _NULL_WORDS:
        return None, "null-word"
    if found := _MARKDOWN.match(text):
        text = found[1].strip("<>")
    if _DRIVE.match(text) or text.startswith(("/", "./", "../", "~")) or "\\" in text:
        return None, "path"
    if _URL.match(text):
        while found := _URL.match(text):
            text = text[found.end() :]
        text = text.partition("?")[0].partition("#")[0].rstrip("/").removesuffix(".git")
        if text.startswith(("api/models/", "models/")):
            text = text.partition("models/")[2]
        if text.partition("/")[0].lower() in _PAGES:
            return None, "not-a-model"
    elif "://" in text or text.lower().startswith("www."):
        return None, "url"
    if text.lower().startswith(("datasets/", "spaces/", "dataset:")):
        return None, "not-a-model"
    text = _LONE_ROUTE.sub(r"\1", _ROUTE.sub(r"\1", text)).rstrip("/").strip()
    if is_id(text):
        return text, None
    text = _REVISION.sub("", text)
    if text.lower() in _NULL_WORDS:
        return None, "null-word"
    if re.search(r"[\s,;|]", text):
        return None, "blanks"
    if text.count("/") > 1:
        return None, "path"
    if not is_id(text):
        return None, "syntax"
    return text, None


#: What stands between several ids in one text.
_BETWEEN = re.compile(r"\s*[,;|\n+&]\s*|\s+(?:and|AND|And)\s+")

#: And where the text as a whole would pass for one address, which may go on behind the id.
_AFTER_ADDRESS = re.compile(r"\s*[,;|](?:\s+|(?=https?://|\[))|\s*\n\s*|\s+(?:and|AND|And|&|\+)\s+")

#: More than this in one text is prose.
_MOST_IDS = 64


def named(text: str) -> list[tuple[str | None, str | None]]:
    """All that a text in `base_model` names, in order: `(id, None)` each, or one `(None, reason)`.

    Several ids in one text, parted by a comma, semicolon, bar, plus, `and` or a new line, count only
    where every part is an id with its owner.
    """
    one = normalise(text)
    if one[1] in ("null-word", "not-a-model") or len(text) > 10_000:
        return [one]
    between, bare = _AFTER_ADDRESS if one[0] else _BETWEEN, text.strip()
    for whole in dict.fromkeys((bare, bare.strip("[]"))):  # links in Markdown, or a list as people write it
        pieces = [p for p in between.split(whole) if p.strip()]
        found = [normalise(p) for p in pieces] if 2 <= len(pieces) <= _MOST_IDS else []
        if found and all(name is not None and "/" in name for name, _ in found):
            return list(dict.fromkeys(found))
    return [one]
