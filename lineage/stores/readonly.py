"""What a read is: the rule by which `lineage query` declines a statement, the same on every engine.

Each engine has a lock of its own besides (access mode READ and EXPLAIN on Neo4j, a file opened
read-only when embedded). This rule comes first because it also declines what those locks let
through, LOAD CSV and procedures, and because it can say which word it was.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lineage.errors import RefusedError

#: Words that begin a clause or command which writes, reads files, or runs the server.
REFUSED = frozenset({
    "ALTER", "ATTACH", "BEGIN", "CHECKPOINT", "COMMENT", "COMMIT", "COPY", "CREATE", "DEALLOCATE", "DELETE",
    "DENY", "DETACH", "DROP", "ENABLE", "EXPORT", "FOREACH", "GRANT", "IMPORT", "INSERT", "INSTALL", "LOAD",
    "MERGE", "REALLOCATE", "REMOVE", "RENAME", "REVOKE", "ROLLBACK", "SET", "START", "STOP", "TERMINATE",
    "UNINSTALL", "UPDATE", "USE",
})  # fmt: skip

#: Procedures that only describe the graph. Everything else may read files, call out or write.
PROCEDURES = frozenset({
    "db.labels", "db.relationshiptypes", "db.propertykeys", "db.schema.visualization",
    "db.schema.nodetypeproperties", "db.schema.reltypeproperties", "db.ping",
    "show_tables", "table_info", "db_version",
})  # fmt: skip

# After one of these a name or a value must follow, so a word there is a name, whatever it says.
# `*`, `+`, `>` and `}` are missing on purpose: each of them can also end what comes before a clause.
_BEFORE_A_NAME = frozenset(".:$([,=-/<|&!")
_WORDS_BEFORE_A_NAME = frozenset({
    "RETURN", "WHERE", "AND", "OR", "XOR", "NOT", "IN", "BY", "DISTINCT", "AS", "UNWIND", "CASE", "WHEN",
    "LIMIT", "SKIP", "YIELD", "CONTAINS", "WITH",
})  # fmt: skip

_SECOND_WORDS = frozenset({"NOT", "DISTINCT", "CASE"})

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<text>'(?:[^'\\]|\\.)*(?:'|\Z)|"(?:[^"\\]|\\.)*(?:"|\Z))
      | (?P<quoted>`(?:[^`]|``)*(?:`|\Z))
      | (?P<number>\d[\w]*(?:\.\d[\w]*)?)
      | (?P<word>[^\W\d]\w*)
      | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


class Token(NamedTuple):
    """One piece of a statement. `kind` is text, quoted, number, word or sign."""

    kind: str
    value: str


def scan(text: str, start: int = 0) -> Iterator[re.Match[str]]:
    """All pieces of a text from `start` on with their places, each of one of the kinds of `Token`, or `skip` for
    blanks and comments. Never raises: an open quote or comment ends at the end."""
    return _TOKEN.finditer(text, start)


def tokens(text: str) -> list[Token]:
    """The pieces of a statement without blanks and comments. Never raises: an open quote ends at the end."""
    return [Token(str(m.lastgroup), m.group()) for m in scan(text) if m.lastgroup != "skip"]


def check(text: str) -> None:
    """Return when `text` is one statement that can only read.

    Raises RefusedError for a clause that writes, for LOAD CSV and its kin, for a procedure outside
    `PROCEDURES`, for a second statement, and for nothing at all. Strings, comments, names in
    backticks, properties (`n.set`), map keys, labels and parameters may say what they like.
    """
    _check(tokens(text))
    if "\\u" in text:
        # Neo4j 5 reads \u0043 as C before it looks for words, so the statement is judged both ways.
        _check(tokens(_ESCAPE.sub(lambda m: chr(int(m[1], 16)), text)))


def _check(pieces: list[Token]) -> None:
    while pieces and pieces[-1].value == ";":
        pieces = pieces[:-1]
    if not pieces:
        raise RefusedError("The statement is empty. Give one that returns something; `lineage queries` has examples.")
    for i, piece in enumerate(pieces):
        if piece.value == ";":
            raise RefusedError("One statement at a time: there is more after the semicolon. Run them one by one.")
        if piece.kind != "word" or (_is_name(pieces, i) and not _reads_a_file(pieces, i)):
            continue
        word = piece.value.upper()
        if word in REFUSED:
            raise RefusedError(
                f"{_shown(pieces, i)} is refused: queries only read. "
                "The graph is changed by `lineage build` and `lineage load` alone."
            )
        if word == "CALL":
            _check_call(pieces, i + 1)


def _reads_a_file(pieces: list[Token], i: int) -> bool:
    """Whether LOAD or COPY at `i` goes on as the clause does: then a word before it that may also be a
    variable (`… + by LOAD FROM 'file'`) makes no name of it."""
    follows = pieces[i + 1].value.upper() if i + 1 < len(pieces) else ""
    clause = (pieces[i].value.upper(), follows)
    after_a_sign = i > 0 and pieces[i - 1].kind == "sign"
    return not after_a_sign and clause in (("LOAD", "FROM"), ("LOAD", "CSV"), ("LOAD", "WITH"), ("COPY", "("))


def bounded(text: str, rows: int) -> str:
    """The statement with a LIMIT of `rows`, where its last RETURN has none.

    For an engine that makes all rows before it gives the first: two MATCH without a link between them
    are a hundred million. A UNION is left as it is, for a LIMIT would bind to its last part only.
    """
    words = [piece.value.upper() for piece in tokens(text) if piece.kind == "word"]
    if "RETURN" not in words or "UNION" in words or words[0] in ("EXPLAIN", "PROFILE"):
        return text
    last = len(words) - words[::-1].index("RETURN")
    return text if "LIMIT" in words[last:] else f"{text.rstrip().rstrip(';')}\nLIMIT {rows}"


def _is_name(pieces: list[Token], i: int) -> bool:
    """Whether the word at `i` stands where only a name can stand."""
    if i == 0:
        return False
    before = pieces[i - 1]
    after = pieces[i + 1].value if i + 1 < len(pieces) else ""
    if before.kind == "sign":
        return before.value in _BEFORE_A_NAME or (before.value == "{" and after == ":")
    if before.kind == "word" and before.value.upper() in _WORDS_BEFORE_A_NAME:
        # In `x.in CREATE …` and `1 AS with CREATE …` the word before is itself a name and promises
        # nothing; in `AND NOT x` it is a keyword though it follows one.
        follows_keyword = before.value.upper() in _SECOND_WORDS and pieces[i - 2].kind == "word"
        return not _is_name(pieces, i - 1) or (follows_keyword and pieces[i - 2].value.upper() != "AS")
    return False


def _shown(pieces: list[Token], i: int) -> str:
    """The clause as a person names it: LOAD CSV and DETACH DELETE are two words."""
    word = pieces[i].value.upper()
    following = pieces[i + 1] if i + 1 < len(pieces) else Token("sign", "")
    pair = f"{word} {following.value.upper()}"
    return pair if pair in ("LOAD CSV", "LOAD FROM", "DETACH DELETE") else word


def _check_call(pieces: list[Token], i: int) -> None:
    """`CALL` at `i - 1`: a subquery may pass, its clauses are checked in their turn; else allowed names."""
    if i < len(pieces) and pieces[i].value in ("{", "("):
        return
    name = ""
    while i < len(pieces) and (pieces[i].kind in ("word", "quoted") or pieces[i].value == "."):
        piece = pieces[i]
        name += piece.value[1:-1].replace("``", "`") if piece.kind == "quoted" else piece.value
        i += 1
        if piece.value != "." and (i >= len(pieces) or pieces[i].value != "."):
            break
    if name.lower() not in PROCEDURES:
        raise RefusedError(f"CALL {name} is refused: a procedure may write, read files or call out. "
                           f"Allowed are {', '.join(sorted(PROCEDURES))}, and subqueries.")  # fmt: skip
