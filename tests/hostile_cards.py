"""Cards that nobody should have to read: a list made by hand, and any number of damaged ones from a seed."""

import random
from collections.abc import Callable, Iterator

#: Ordinary cards, which the damage is done to.
ORDINARY = (
    "---\nlicense: mit\nbase_model: org/base\nbase_model_relation: quantized\ntags:\n- gguf\n- chat\n---\n# A model\n\nText.\n",
    "---\nlanguage: [en, de]\nbase_model:\n  - org/a\n  - org/b\nmodel-index:\n- name: x\n  results:\n"
    "  - task: {type: text-generation}\n    metrics:\n    - type: acc\n      value: 71.25\n---\n\nMerged from two.\n",
    '\n---\nbase_model: "org/base"\r\nquantized_by: somebody\r\nwidget:\r\n- text: "Hello, \\"you\\""\r\n---\r\nBody\r\n',
    "---\nsummary: |\n  Two lines,\n  kept.\nnote: >-\n  folded\n  text\nempty:\nnothing: ~\n---\n",
    "---\ndefaults: &d {temperature: 0.7, top_p: 1e-1}\nfirst:\n  <<: *d\n  n: 1\nsecond: *d\n---\nText\n",
    "---\ndatasets:\n- a/b # a note\n- 'c/d'\nlibrary_name: mlx\npipeline_tag: text-generation\n...\n---\n## Usage\n\n---\n\nMore.\n",
    "---\nlicence: apache-2.0\nbase_model: org/é-模型-🦙\n---\n# Prose that says: converted from org/base\n",
    "# No front matter\n\nOnly prose.\n\n---\n\nAnd a rule.\n",
)

SNIPPETS = (
    "---\n", "\n---\n", "----\n", "--- \n", " ---\n", "...\n", "<!-- x -->\n", "<!--", "\ufeff", "\x00", "\x1b[31m", "\x85", "\u2028",
    "\ud800", "\udfff", "\ufffe", "\r", "\r\n", "\t", "\xa0", "：", "\u200b", "&a ", "*a", "*a\n", "&a [*a]", "<<: *d\n", "<<: {a: 1}\n",
    "!!python/object/apply:os.system [x]", "!!set {a, b}", "!<tag:x> ", "!e!x ", "%TAG !e! tag:x,1:\n", "%YAML 1.2\n", "%YAML 9.9\n",
    "{{ base_model }}", "{base_model}", "[", "{", "]", "}", "[" * 60, "{a: " * 60, "- " * 60, "? ", "? [a, b]\n: c\n", ": ", "'", '"', '"\\ud83d"',
    '"\\0"', '"\\x9"', "|\n", ">2-\n", "|9\n", "a: b: c\n", "@x", "`", "%", "1:1:1", "2024-99-99", "9" * 5000, "1" + "_" * 40, "1e999", ".inf",
    "0x" + "f" * 30, "# x\n", " #", "\n\n", "base_model: no\n", "base_model: org/other\n", "null: 1\n", "~: 1\n", "on: 1\n", "? \n", "-\n" * 300,
    "x" * 1100 + ": y\n", "a" * 70_000, "k: v\n" * 3000, "[[],[]," * 500, "&b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n",
)  # fmt: skip


def _levels(first: str, line: str, count: int) -> str:
    return first + "".join(line.format(n=n, m=n - 1) for n in range(1, count))


def _fenced(block: str) -> str:
    return f"---\n{block}\n---\nbody\n"


#: What is known to have stopped a reader of cards, and what looks as if it could.
HOSTILE: dict[str, str] = {
    name: _fenced(block)
    for name, block in {
        "alias bomb, 15 levels of 9": _levels("a0: &a0 lol\n", "a{n}: &a{n} [" + ", ".join(["*a{m}"] * 9) + "]\n", 15),
        "alias bomb, 7 levels of 9": _levels("a0: &a0 lol\n", "a{n}: &a{n} [" + ", ".join(["*a{m}"] * 9) + "]\n", 7),
        "merge keys, 6 levels": _levels("a0: &a0 {k: v}\n", "a{n}: &a{n}\n" + "  <<: [" + ", ".join(["*a{m}"] * 9) + "]\n", 6),
        "merge keys, 12 levels": _levels("a0: &a0 {k: v}\n", "a{n}: &a{n}\n" + "  <<: [" + ", ".join(["*a{m}"] * 8) + "]\n", 12),
        "long text, aliased twice over": f"a: &a {'x' * 200_000}\nb: &b [{', '.join(['*a'] * 40)}]\nc: [{', '.join(['*b'] * 40)}]",
        "aliases as a ladder": _levels("a0: &a0 [" + "[" * 40 + "]" * 40 + "]\n", "a{n}: &a{n} [[[*a{m}]]]\n", 90),
        "it holds itself": "a: &a [*a]",
        "it holds itself, deeper down": "a: &a {b: [1, {c: *a}]}",
        **{f"{n:,} brackets": "a: " + "[" * n for n in (49, 400, 900, 5_000, 10_000, 30_000, 200_000)},
        "400 brackets, closed": "a: " + "[" * 400 + "]" * 400,
        "100,000 braces": "{" * 100_000,
        "keys as collections, deep": "? " * 100_000,
        "dashes in a row": "- " * 100_000,
        "keys as collections, in braces": "{? " * 80_000,
        "deep by indentation": "".join(" " * n + "a:\n" for n in range(700)),
        "flow, deep and wide": "[[]," * 60_000,
        "one list of 200 kB": "tags: [" + "ab, " * 50_000 + "]",
        "one list of 1 MB": "tags:\n" + "- abc\n" * 180_000,
        "100,000 tags": "tags:\n" + "".join(f"- t{n}\n" for n in range(100_000)),
        "9,500 keys": "".join(f"k{n}: v\n" for n in range(9_500)),
        "one key 50,000 times": "a: b\n" * 50_000,
        "tag directives": "".join(f"%TAG !{n:x}! b\n" for n in range(18_000)) + "--- a",
        "anchors": "- &a x\n" * 35_000,
        "a number of 5,000 digits": "n: " + "9" * 5000,
        "a number of 200,000 digits": "n: " + "9" * 200_000 + ".5",
        "a time without end": "n: " + ":".join(["1"] * 5000),
        "a date that is none": "n: 2024-99-99",
        "an escape in every place": 'a: "' + "\\x41" * 60_000 + '"',
        "an open quote": 'a: "' + "x\n" * 100_000,
        "a text of breaks": 'a: "' + "\n" * 200_000 + '"',
        "a comment in every line": "#\n" * 100_000,
        "one long key": "x" * 200_000 + ": b",
        "Python objects": "a: !!python/object/apply:os.system ['exit 1']\nb: !!python/name:os.system\nc: !!python/tuple [1, 2]",
        "lone surrogates": 'a: \ud800\nb: "\\ud800"',
        "nothing but NUL": "\0" * 200_000,
    }.items()
} | {
    "5 MB without closing fence": "---\n" + "key: value\n" * 450_000,
    "5 MB of fences": "---\n" * 1_300_000,
    "5 MB of almost fences": "---\n" + "---x\n" * 1_000_000,
    "5 MB of indented fences": "---\n" + " --- \n a\n" * 600_000,
    "5 MB of blanks": " " * 5_000_000 + "---\na: b\n---\n",
    "5 MB of line breaks": "---\n" + "\r" * 5_000_000,
    "comments without end": "<!-- --> " * 200_000 + "x",
    "an open comment": "<!-- -" * 300_000,
    "dashes": "-" * 2_000_000,
    "dashes and blanks": "---\n" + "-" * 1_000_000 + " " * 1_000_000 + "x\n---",
    "2 million llamas": "---\na: b\n ---\n" + "🦙" * 2_000_000,
    "a word of 2 MB": "---\nab\n\n" + "x" * 2_000_000,
}  # fmt: skip


def _at(chance: random.Random, text: str) -> int:
    # Half of the damage near the front matter.
    return chance.randrange(min(len(text), 150) + 1 if chance.random() < 0.5 else len(text) + 1)


def _insert(chance: random.Random, text: str) -> str:
    at = _at(chance, text)
    return text[:at] + chance.choice(SNIPPETS) + text[at:]


def _cut(chance: random.Random, text: str) -> str:
    return text[: _at(chance, text)]


def _delete(chance: random.Random, text: str) -> str:
    start = _at(chance, text)
    return text[:start] + text[start + chance.randrange(1, 20) :]


def _repeat(chance: random.Random, text: str) -> str:
    start = _at(chance, text)
    piece = text[start : start + chance.randrange(1, 40)]
    return text[:start] + piece * chance.choice((2, 3, 50, 400)) + text[start:]


def _splice(chance: random.Random, text: str) -> str:
    other = chance.choice(ORDINARY)
    return text[: _at(chance, text)] + other[_at(chance, other) :]


def _nest(chance: random.Random, text: str) -> str:
    at, depth = _at(chance, text), chance.choice((5, 45, 60, 500, 5000))
    left, right = chance.choice((("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("&a [", "]"), ("[*a, ", "]")))
    return text[:at] + left * depth + "x" + right * depth + text[at:]


def _breaks(chance: random.Random, text: str) -> str:
    return text.replace(
        "\n", chance.choice(("\r", "\r\n", "\n\r", "\x85", "\u2028", "\n\n", " ")), chance.choice((1, 3, -1))
    )


_DAMAGE: tuple[Callable[[random.Random, str], str], ...] = (
    _insert, _insert, _insert, _insert, _insert, _insert, _cut, _delete, _delete, _repeat, _splice, _nest, _breaks,
)  # fmt: skip


def _flip(chance: random.Random, data: bytes) -> bytes:
    flipped = bytearray(data)
    for _ in range(chance.randrange(1, 5) if flipped else 0):
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def damaged(count: int, seed: int = 20261122) -> Iterator[str | bytes]:
    """`count` cards, each an ordinary one with up to six damages; half as text, half as bytes. The seed decides all."""
    chance = random.Random(seed)
    for _ in range(count):
        text = chance.choice(ORDINARY)
        for _ in range(chance.randrange(1, 7)):
            text = chance.choice(_DAMAGE)(chance, text)
        kind = chance.randrange(8)
        if kind < 4:
            yield text
        elif kind < 6:
            yield _flip(chance, text.encode("utf-8", "surrogatepass"))
        else:
            encoding = ("utf-16", "latin-1")[kind - 6]
            yield text.encode(encoding, "replace")
