"""Model cards: every known trap by hand, laws for any text, and many thousand damaged cards in worker processes."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lineage.reading import frontmatter, workers, yaml_events
from lineage.reading.frontmatter import Card, read_card
from tests.hostile_cards import HOSTILE

#: A body that is the whole text.
WHOLE = object()


def fenced(block: str) -> str:
    return f"---\n{block}\n---\nbody\n"


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth > 1 else []


#: Blocks between good fences: block, fields (None: unreadable), problem, oddities, whether the Hub reads it.
BLOCKS: list[tuple[str, Any, str | None, str, bool]] = [
    # What a base may look like.
    ("base_model: org/a", {"base_model": "org/a"}, None, "", True),
    ("base_model: [org/a, org/b]", {"base_model": ["org/a", "org/b"]}, None, "", True),
    ("base_model:\n- - org/a\n  - org/b\n- []", {"base_model": [["org/a", "org/b"], []]}, None, "", True),
    ("base_model: {name: org/a}", {"base_model": {"name": "org/a"}}, None, "", True),
    ("base_model:\n- name: org/a\n- id: org/b", {"base_model": [{"name": "org/a"}, {"id": "org/b"}]}, None, "", True),
    ("base_model: ''", {"base_model": ""}, None, "", True),
    ("base_model: []", {"base_model": []}, None, "", True),
    ("base_model: null", {"base_model": None}, None, "", True),
    ("base_model:", {"base_model": None}, None, "", True),
    ("a: ~\nb: Null\nc: NULL\nd: nUll\ne: none\nf: 'null'",
     {"a": None, "b": None, "c": None, "d": "nUll", "e": "none", "f": "null"}, None, "", True),
    ("base_model: /home/me/model", {"base_model": "/home/me/model"}, None, "", True),
    ("base_model: https://huggingface.co/org/a", {"base_model": "https://huggingface.co/org/a"}, None, "", True),
    ("base_model: org/a # note", {"base_model": "org/a"}, None, "", True),
    ("base_model: 'org/a '", {"base_model": "org/a "}, None, "", True),
    ("base_model: org/a\u200b", {"base_model": "org/a\u200b"}, None, "", True),
    ("base_model: {base_model}", {"base_model": {"base_model": None}}, None, "", True),
    ("base_model: {{ base_model }}", {"base_model": {"[object Object]": None}}, None, "complex-key", True),
    # Scalars: YAML 1.2, not 1.1.
    ("base_model: 7", {"base_model": 7}, None, "", True),
    ("base_model: no", {"base_model": "no"}, None, "", True),
    ("base_model: 2024-01-01", {"base_model": "2024-01-01"}, None, "", True),
    ("base_model: 2024-99-99", {"base_model": "2024-99-99"}, None, "", True),
    ("base_model: 12:30:45", {"base_model": "12:30:45"}, None, "", True),
    ("base_model: 1.0", {"base_model": 1.0}, None, "", True),
    ("a: True\nb: FALSE\nc: yes\nd: off\ne: tRue\nf: 'true'",
     {"a": True, "b": False, "c": "yes", "d": "off", "e": "tRue", "f": "true"}, None, "", True),
    ("a: -12\nb: +3\nc: 007\nd: 0o17\ne: 0x1F\nf: 1_000\ng: 0b1\nh: '7'",
     {"a": -12, "b": 3, "c": 7, "d": 15, "e": 31, "f": "1_000", "g": "0b1", "h": "7"}, None, "", True),
    ("a: 999999999999999999\nb: 9999999999999999999\nc: 0xffffffffffffffffff\nd: -1e3\ne: .5\nf: 1.\ng: 1e999\nh: .inf\ni: .nan\nj: 1.2.3\nk: +",
     {"a": 999999999999999999, "b": "9999999999999999999", "c": "0xffffffffffffffffff", "d": -1000.0, "e": 0.5, "f": 1.0,
      "g": "1e999", "h": ".inf", "i": ".nan", "j": "1.2.3", "k": "+"}, None, "", True),
    ("n: " + "9" * 5000, {"n": "9" * 5000}, None, "", True),
    ("n: " + ":".join(["1"] * 2000), {"n": ":".join(["1"] * 2000)}, None, "", True),
    ("a: |\n  7\nb: >-\n  8\n  9", {"a": "7\n", "b": "8 9"}, None, "", True),
    # Keys are text, whatever they look like.
    ("1: a\non: b\nnull: c\n~: d\n2.0: e\n'': f\nself: g\nignore_metadata_errors: h\n__proto__: i",
     {"1": "a", "on": "b", "null": "c", "~": "d", "2.0": "e", "": "f", "self": "g", "ignore_metadata_errors": "h", "__proto__": "i"}, None, "", True),
    ("? \n: a", {"": "a"}, None, "", True),
    ("? [a, b]\n: c", {"[object Object]": "c"}, None, "complex-key", True),
    ("&k key: 1\n*k : 2", {"key": 2}, None, "duplicate-key", False),
    ("a: 1\nb: 2\na: 3", {"a": 3, "b": 2}, None, "duplicate-key", False),
    ("a: {b: 1, b: 2}", {"a": {"b": 2}}, None, "duplicate-key", False),
    ("model-index: 5", {"model-index": 5}, None, "", True),
    ("model-index:\n- results: {}", {"model-index": [{"results": {}}]}, None, "", True),
    # Errors.
    ("base_model: @org/a", None, "yaml-error", "", False),
    ("base_model: `org/a`", None, "yaml-error", "", False),
    ("base_model: %a", None, "yaml-error", "", False),
    ("\tbase_model: org/a", None, "yaml-error", "", False),
    ("base_model: a: b", None, "yaml-error", "", False),
    ("base_model: *org", None, "yaml-error", "", False),
    ("base_model: *org/model*", None, "yaml-error", "", False),
    ("a: [1, 2", None, "yaml-error", "", False),
    ("a: 'b", None, "yaml-error", "", False),
    ("a: !e!x b", None, "yaml-error", "", False),
    ("x" * 1100 + ": b", None, "yaml-error", "", False),
    # Tags make no objects.
    ("a: !mine b\nc: !mine [d]", {"a": "b", "c": ["d"]}, None, "unknown-tag", False),
    ("a: !!python/name:os.system\nb: !!python/object/apply:os.system [x]\nc: !!python/tuple [1]",
     {"a": None, "b": ["x"], "c": [1]}, None, "unknown-tag", False),
    ("a: !!set {b, c}\nd: !!str 7\ne: ! 8\nf: !!int '9'\ng: !!binary aGk=\nh: !!float 1",
     {"a": {"b": None, "c": None}, "d": "7", "e": "8", "f": "9", "g": "aGk=", "h": 1}, None, "", True),
    # Aliases and merge keys.
    ("a: &x {k: 1}\nb: *x\nc: [*x, *x]", {"a": {"k": 1}, "b": {"k": 1}, "c": [{"k": 1}, {"k": 1}]}, None, "", True),
    ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}, None, "", True),
    ("a: &x {k: 1}\nb:\n  <<: *x\n  l: 2", {"a": {"k": 1}, "b": {"<<": {"k": 1}, "l": 2}}, None, "merge-key", True),
    ("a: {'<<': 1}\nb: <<", {"a": {"<<": 1}, "b": "<<"}, None, "", True),
    ("a: &a [*a]", None, "recursive-alias", "", False),
    ("a: &a {b: *a}", None, "recursive-alias", "", False),
    ("a: &a x\nb: [" + "*a, " * 100 + "]", {"a": "x", "b": ["x"] * 100}, None, "", True),
    ("a: &a x\nb: [" + "*a, " * 101 + "]", None, "too-many-aliases", "", False),
    ("a: &a [" + "1, " * 999 + "]\nb: [" + "*a, " * 48 + "]", {"a": [1] * 999, "b": [[1] * 999] * 48}, None, "", True),
    ("a: &a [" + "1, " * 999 + "]\nb: [" + "*a, " * 49 + "]", None, "too-many-nodes", "", False),
    ("a: &a " + "x" * 100_000 + "\nb: [" + "*a, " * 9 + "]", {"a": "x" * 100_000, "b": ["x" * 100_000] * 9}, None, "", True),
    ("a: &a " + "x" * 100_000 + "\nb: [" + "*a, " * 10 + "]", None, "too-large", "", False),
    ("a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 9 + "*a" + "]" * 9,
     {"a": nested(40), "b": nested(49)}, None, "", True),
    ("a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 10 + "*a" + "]" * 10, None, "too-deep", "", False),
    # Nesting and size.
    ("a: " + "[" * 49 + "]" * 49, {"a": nested(49)}, None, "", True),
    ("a: " + "[" * 50 + "]" * 50, None, "too-deep", "", False),
    ("a: [" + "x, " * 19_900 + "]", {"a": ["x"] * 19_900}, None, "", True),
    ("a: [" + "x, " * 20_000 + "]", None, "too-many-nodes", "", False),
    ("%TAG !a! b\n" * 101 + "--- {a: b}", None, "too-many-nodes", "", False),
    ("a: " + "x" * (256 * 1024 - 3), {"a": "x" * (256 * 1024 - 3)}, None, "", True),
    ("a: " + "x" * (256 * 1024 - 2), None, "too-large", "", False),
    # Characters.
    ("a: b\x00c", {"a": "b\ufffdc"}, None, "control-characters", False),
    ("a: b\x7f\x1b[31m", {"a": "b\ufffd\ufffd[31m"}, None, "control-characters", False),
    ("a: b\ud800c", {"a": "b\ufffdc"}, None, "control-characters", False),
    ('a: "b\\0c\\x9f"', {"a": "b\ufffdc\ufffd"}, None, "escaped-control", True),
    ('a: "\\ud83e\\uDD99, \\ue000"', {"a": "🦙, \ue000"}, None, "surrogate-pair", True),
    ('a: "\\\\ud83e\\\\udd99"\nb: \\ud83e', {"a": "\\ud83e\\udd99", "b": "\\ud83e"}, None, "", True),
    ("a: b\u2028c: d\nx: y\x85z", None, "yaml-error", "unicode-line-break", False),
    ("a: b\u2028c\nx: y\x85z", {"a": "b c", "x": "y z"}, None, "unicode-line-break", True),
    ("a: 🦙é模型", {"a": "🦙é模型"}, None, "", True),
    # What is no mapping.
    ("Just a sentence.", None, "not-a-mapping", "", False),
    ("- a\n- b", None, "not-a-mapping", "", False),
    ("7", None, "not-a-mapping", "", False),
    ("base_model:\xa0org/a", None, "not-a-mapping", "", False),
    ("base_model：org/a", None, "not-a-mapping", "", False),
    ("base_model:org/a", None, "not-a-mapping", "", False),
    ("license: mit\nbase_model:\xa0org/a", None, "yaml-error", "", False),
    ("", {}, None, "empty-block", True),
    ("# only a comment", {}, None, "empty-block", True),
    ("null", {}, None, "empty-block", True),
    # Documents.
    ("a: b\n...", {"a": "b"}, None, "", True),
    ("a: b\n...\n--- {c: d}", {"a": "b"}, None, "second-document", False),
    ("a: b\n...\nprose: [", {"a": "b"}, None, "second-document", False),
    ("{a: b}\nprose", None, "yaml-error", "", False),
    ("---\na: b", {"a": "b"}, None, "", True),
    ("%YAML 1.2\n--- {a: b}", {"a": "b"}, None, "", True),
    ("%YAML 9.9\n--- {a: b}", None, "yaml-error", "", False),
]  # fmt: skip

AB = {"a": "b"}

#: Whole cards: text, fields (None: none), problem, oddities, whether the Hub reads it, body.
CARDS: list[tuple[str | bytes, Any, str | None, str, bool, Any]] = [
    ("", None, None, "", False, ""),
    ("Prose.\n---\na: b\n---\n", None, None, "", False, WHOLE),
    ("---\na: b\n---\n# Title\n", AB, None, "", True, "# Title\n"),
    ("\n \n---\na: b\n---\n\nx", AB, None, "", True, "\nx"),
    ("\u3000  ---\na: b\n---\nx", AB, None, "", True, "x"),
    ("---\na: b\n---", AB, None, "", True, ""),
    ("---\na: b\n--- \t\nx", AB, None, "", True, "x"),
    ("---\r\na: b\r\n---\r\nx\r\ny", AB, None, "", True, "x\ny"),
    ("---\ra: b\r---\rx", AB, None, "cr-only", False, "x"),
    ("---\ra: b\r---", AB, None, "cr-only", True, ""),
    ("---\na: b\r---\rx\n", AB, None, "lone-cr", False, "x\n"),
    ("\ufeff---\na: b\n---\nx", AB, None, "bom", True, "x"),
    (b"\xef\xbb\xbf---\na: b\n---\nx", AB, None, "bom", True, "x"),
    (b"---\na: b\n---\nx", AB, None, "", True, "x"),
    (b"---\na: b\n---\n\xff\xe9", AB, None, "invalid-utf-8", True, "\ufffd\ufffd"),
    (b"---\na: \xed\xa0\x80\n---\n", {"a": "\ufffd\ufffd\ufffd"}, None, "invalid-utf-8", True, ""),
    ("---\na: b\n---\nx".encode("utf-16"), AB, None, "utf-16", False, "x"),
    (b"\xfe\xff" + "---\na: 🦙\n---\nx".encode("utf-16-be"), {"a": "🦙"}, None, "utf-16", False, "x"),
    (b"\xff\xfe" + "---\na: b\n---\nx".encode("utf-16-le") + b"\x00\xd8", AB, None, "utf-16", False, "x"),
    ("---\na: b\n---\nx\x00\x1b\ud800\n", AB, None, "control-characters", True, "x\ufffd\ufffd\ufffd\n"),
    ("\x0c---\na: b\n---\nx", AB, None, "control-characters", True, "x"),
    ("<!-- made by hand -->\n---\na: b\n---\nx", AB, None, "comment-first", False, "x"),
    ("<!-- 1 -->  <!-- -- 2\n -->---\na: b\n---\nx", AB, None, "comment-first", False, "x"),
    ("<!-- open\n---\na: b\n---\nx", None, None, "", False, WHOLE),
    ("--- \na: b\n---\nx", AB, None, "blank-after-fence", False, "x"),
    ("---\t\r\na: b\r\n---\r\nx", AB, None, "blank-after-fence", False, "x"),
    ("----\na: b\n----\nx", AB, None, "long-fence", False, "x"),
    ("----\na: b\n---\nx", AB, None, "long-fence", False, "x"),
    ("---\na: b\n-----\nx", AB, None, "long-fence", False, "x"),
    ("-----\nA title\n-----\nx", None, None, "", False, WHOLE),
    ("-----\nThis is: a title\n-----\nx", None, None, "", False, WHOLE),
    ("-----\n\n-----\nx", None, None, "", False, WHOLE),
    ("-----\na: b\n\nx", None, None, "", False, WHOLE),
    ("---\na: b\n ---\nx", AB, None, "indented-fence", False, "x"),
    ("---\na: b\n\t----\nx", AB, None, "indented-fence long-fence", False, "x"),
    ("---\na: b\n ---\n# Title\n\nProse.\n\n---\nMore.", AB, None, "indented-fence", False, "# Title\n\nProse.\n\n---\nMore."),
    ("---\na: |\n  ---\nb: c\n---\nx", {"a": "---\n", "b": "c"}, None, "", True, "x"),
    ("<!-- x -->\n---\na: |\n  ---\nb: c\n---\nx", {"a": "---\n", "b": "c"}, None, "comment-first", False, "x"),
    ("---\n---\nx", {}, None, "empty-block", False, "x"),
    ("---\r\n---\r\nx", {}, None, "empty-block", True, "x"),
    ("---\n\n---\nx", {}, None, "empty-block", True, "x"),
    ("---\n---", {}, None, "empty-block", False, ""),
    ("---\n---\nprose\n---\nx", {}, None, "empty-block", False, "prose\n---\nx"),
    ("---\na: b\n---\nc: d\n---\nx", AB, None, "", True, "c: d\n---\nx"),
    ("---\na: b\n", AB, None, "no-closing-fence", False, ""),
    ("---\na: b\n\n# Title\n\nProse.", AB, None, "no-closing-fence", False, "# Title\n\nProse."),
    ("---\na: b\n# a note\nc:\n\n- d\n\n  e: f\n\nProse here.\n", None, "no-closing-fence", "", False, WHOLE),
    ("---\na: b\n# a note\nc:\n\n- d\n\n'e': f\n\nProse here.\n", {"a": "b", "c": ["d"], "e": "f"}, None, "no-closing-fence", False, "Prose here.\n"),
    ("---\nNo mapping.\n", None, "no-closing-fence", "", False, WHOLE),
    ("---\nA sentence: with a colon.\n", None, "no-closing-fence", "", False, WHOLE),
    ("---\na: b\nProse at once.\n", None, "no-closing-fence", "", False, WHOLE),
    ("---\n\nProse after a rule.\n", None, "no-closing-fence", "", False, WHOLE),
    ("---", None, "no-closing-fence", "", False, WHOLE),
    ("---\na: b\n" + "c: d\n" * 60_000, None, "no-closing-fence", "", False, WHOLE),
    ("---\na: b: c\n---\nx", None, "yaml-error", "", False, WHOLE),
    ("--- \na: b: c\n---\nx", None, "yaml-error", "blank-after-fence", False, WHOLE),
    ("---\nA sentence.\n---\nx", None, "not-a-mapping", "", False, WHOLE),
    ("---\na: b\n---\n" + "x" * (2 << 20), AB, None, "cut-at-2MiB", True, "x" * ((2 << 20) - 13)),
    (("---\na: b\n---\n" + "🦙" * (2 << 20)).encode(), AB, None, "cut-at-2MiB", True, "🦙" * ((2 << 20) - 13)),
    (("---\na: b\n---\n" + "é" * (2 << 20)).encode("utf-16"), AB, None, "cut-at-2MiB utf-16", False, "é" * ((2 << 20) - 13)),
    ("---\na: b\n---\n" + "x" * ((2 << 20) - 13), AB, None, "", True, "x" * ((2 << 20) - 13)),
]  # fmt: skip


@pytest.mark.parametrize("row", BLOCKS, ids=lambda row: row[0][:50])
def test_blocks(row: tuple[Any, ...]) -> None:
    block, fields, problem, oddities, hub_reads = row
    body = "body\n" if problem is None else yaml_events.REFUSED.sub("\ufffd", fenced(block))
    assert read_card(fenced(block)) == Card(fields, problem, tuple(oddities.split()), hub_reads, body)
    # 1 == True == 1.0 to Python, not to JSON.
    assert json.dumps(read_card(fenced(block)).fields) == json.dumps(fields)


@pytest.mark.parametrize("row", CARDS, ids=lambda row: repr(row[0][:50]))
def test_cards(row: tuple[Any, ...]) -> None:
    data, fields, problem, oddities, hub_reads, body = row
    card = read_card(data)
    assert card == Card(fields, problem, tuple(oddities.split()), hub_reads, data if body is WHOLE else body)


def test_the_parser_without_libyaml_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [r for r in BLOCKS if len(r[0]) < 3000]
    compiled = [read_card(fenced(r[0])) for r in rows]
    monkeypatch.delattr(yaml, "CSafeLoader")
    slow = [read_card(fenced(r[0])) for r in rows]
    assert [r[0][:30] for r, a, b in zip(rows, compiled, slow, strict=True) if a != b] == []


def test_everything_known_is_in_the_page_for_users() -> None:
    page = (Path(__file__).parent.parent / "docs" / "cards.md").read_text(encoding="utf-8")
    sources = "".join(Path(m.__file__).read_text(encoding="utf-8") for m in (frontmatter, yaml_events, workers))
    codes = {code for rows in (BLOCKS, CARDS) for row in rows for code in (row[2] or "").split() + row[3].split()}
    codes |= {"unreadable", "crashed", "timeout", "out-of-memory", "failed"}
    assert {c for c in codes if f"| `{c}` |" not in page} == set()
    assert {c for c in re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE) if f'"{c}"' not in sources} == set()


def test_a_failure_of_the_machine_is_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(block: str) -> None:
        raise MemoryError

    monkeypatch.setattr(yaml_events, "read_block", fail)
    assert read_card("---\na: b\n---\n") == Card(None, "unreadable", (), False, "")


def test_the_end_of_the_stack_is_a_code() -> None:
    def deeper(room: int) -> Card:
        return read_card(fenced("a: [b]")) if room == 0 else deeper(room - 1)

    seen = set()
    room = sys.getrecursionlimit()
    while "unreadable" not in seen or None not in seen:
        try:
            seen.add(deeper(room).problem)
        except RecursionError:
            assert seen == set()  # our own frames, before the card was ever read
        room -= 1
    assert seen == {"unreadable", None}


# The rule as huggingface_hub has it, and the core schema of YAML 1.2.2, 10.3.2, as they are written.
HUB = re.compile(r"^(\s*---(?:\r\n|\r|\n))([\S\s]*?)((?:\r\n|\r|\n)---[ \t]*(\r\n|\n|$))")
INTEGER, OCTAL, HEX = re.compile(r"[-+]?[0-9]+"), re.compile(r"0o[0-7]+"), re.compile(r"0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def core(text: str) -> Any:
    if text in ("", "null", "Null", "NULL", "~"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    for rule, base in ((INTEGER, 10), (OCTAL, 8), (HEX, 16)):
        if rule.fullmatch(text):
            return int(text, base if base == 10 else 0) if len(text) < 18 else text
    return float(text) if FLOAT.fullmatch(text) and float(text) not in (float("inf"), -float("inf")) else text


def slow_value(node: yaml.Node) -> Any:
    """The value of a node as a whole tree, by recursion; a cycle ends in RecursionError."""
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style else core(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [slow_value(n) for n in node.value]
    pairs = [(k.value if isinstance(k, yaml.ScalarNode) else "[object Object]", slow_value(v)) for k, v in node.value]
    [slow_value(k) for k, _ in node.value]
    return dict(pairs)


TOKENS = ["a", "b", "c: ", "- ", "\n", "\n  ", "\n- ", "\na: ", "&x ", "*x", "[", "]", "{", "}", ", ", "? ", ": ", "'", '"', "|\n", ">\n", "#", " ",
          "1", "-1.5", "0x1f", "1e3", "~", "null", "true", "no", "<<: ", "\t", "---", "\n---\n", "\n...\n", "%", "@", "é", "x" * 30]  # fmt: skip
BLOCK = st.one_of(
    st.lists(st.sampled_from(TOKENS), max_size=25).map("".join), st.text("ab:-{}[]&*?|>'\"#% \n01.", max_size=30)
)


@settings(max_examples=500, deadline=None)
@given(BLOCK)
def test_a_block_is_what_the_slow_way_makes_of_it(block: str) -> None:
    read = yaml_events.read_block(block)
    try:
        node = yaml.compose(block, Loader=yaml.CBaseLoader)
        value = slow_value(node) if node else None
    except RecursionError:
        assert read.problem == "recursive-alias"
        return
    except yaml.composer.ComposerError as error:
        # It knows no anchor twice and no second document; an alias of nothing is an error to both.
        if "undefined alias" in str(error):
            assert read.problem == "yaml-error"
        return
    except yaml.YAMLError:
        assert read.problem == "yaml-error" or "second-document" in read.oddities
        return
    if read.problem is None:
        assert json.dumps(read.value) == json.dumps(value)
    else:
        assert read.problem == "recursive-alias"


def check(data: str | bytes) -> Card:
    """What holds for every card."""
    card = read_card(data)
    assert card == read_card(data)
    text = json.dumps(card.fields)
    assert len(text) < 16_000_000
    (text + card.body).encode()
    json.dumps(card.fields, ensure_ascii=False).encode()
    assert card.oddities == tuple(sorted(set(card.oddities)))
    assert not yaml_events.REFUSED.search(card.body)
    assert "\r" not in card.body
    if card.fields is None:
        assert not card.hub_reads
    elif not card.hub_reads:
        assert card.oddities
    if card.problem:
        assert card.fields is None
    return card


@settings(max_examples=250, deadline=None)
@given(st.one_of(st.text(), st.binary(), st.text().map(fenced), st.binary().map(lambda b: b"---\n" + b + b"\n---\n")))
@example("---\r\n---\r\n")
def test_anything_is_read(data: str | bytes) -> None:
    card = check(data)
    if isinstance(data, str) and not re.search("[\ud800-\udfff]", data):
        assert read_card(data.encode()) == card


FENCES = [
    "---",
    "----",
    "\n",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "a: b",
    "# T",
    "prose",
    "<!-- x -->",
    "...",
    "a: a: a",
    "- a",
]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(FENCES), max_size=14).map("".join))
def test_the_hub_reads_what_its_rule_finds(text: str) -> None:
    card = check(text)
    match = HUB.search(text)
    read = yaml_events.read_block(re.sub("\r\n?", "\n", match[2])) if match else None
    takes = read is not None and read.hub_takes and (read.value is None or isinstance(read.value, dict))
    assert card.hub_reads == takes
    if match and takes:
        assert card.fields == (read.value or {})
        assert card.body == re.sub("\r\n?", "\n", text[match.end() :])


@pytest.mark.parametrize("name", HOSTILE)
def test_laws_hold_for_hostile_cards(name: str) -> None:
    check(HOSTILE[name])
