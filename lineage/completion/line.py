"""The line that is typed: its words, and how what is offered is spelled so that a shell takes it as one word."""

#: Signs that mean nothing to any shell. All others are written behind a backslash.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/@%+,-:=")


class Word:
    """A word of a line: its text, and the quote that is open at its end, `'`, `"` or none."""

    __slots__ = ("quote", "raw", "text")

    def __init__(self, text: str, quote: str, raw: str) -> None:
        self.text, self.quote, self.raw = text, quote, raw


def words(line: str) -> list[Word]:
    """The words of a line as bash and zsh part them; the last one is where the cursor is, and may be empty.

    Nothing in the line is run or replaced: `$x` and `$(x)` are signs like others.
    """
    found: list[Word] = []
    text, quote, raw, within, place = "", "", "", False, 0
    while place < len(line):
        sign = line[place]
        place += 1
        if not quote and sign in " \t\n":
            if within:
                found.append(Word(text, "", raw))
            text, raw, within = "", "", False
            continue
        raw, within = raw + sign, True
        if sign == quote:
            quote = ""
        elif not quote and sign in "'\"":
            quote = sign
        elif sign == "\\" and quote != "'":
            after = line[place : place + 1]
            place += 1
            raw += after
            text += after if not quote or after in '$`"\\' else sign + after
        else:
            text += sign
    found.append(Word(text, quote, raw))
    return found


def quoted(text: str, quote: str) -> str | None:
    """`text` as bash takes it for itself within an open quote, or without one; None where that cannot be written."""
    if quote == "'":
        return None if "'" in text else text
    if quote == '"':
        if "!" in text:  # within these it calls up an older line, and a backslash before it stays
            return None
        return "".join(f"\\{sign}" if sign in '$`"\\' else sign for sign in text)
    return "".join(sign if sign in _PLAIN or ord(sign) > 159 else f"\\{sign}" for sign in text)


def after_break(word: Word, breaks: str) -> int:
    """How many signs of an unquoted word bash keeps as they are: those up to the last one at which it parts words."""
    if word.quote or "\\" in word.raw or "'" in word.raw or '"' in word.raw:
        return 0
    return max((word.text.rfind(sign) + 1 for sign in ":=" if sign in breaks), default=0)
