"""DOT and Mermaid by strict grammars of our own: a line that is none of what the writers may write is an error."""

import html
import re

from lineage.views import wording
from lineage.views.files import mermaid, xmlparts

DOT_TEXT = r'"((?:[^"\\\n]|\\["\\nl])*)"'
DOT_NODE = re.compile(
    rf"  n(\d+) \[label={DOT_TEXT}, [^\"\n]*(?:\"[^\"\n]*\"[^\"\n]*)*?, tooltip={DOT_TEXT}(?:, URL=\"https://huggingface\.co/[\w./-]+\")?\];"
)
DOT_LINK = re.compile(rf"  n(\d+) -> n(\d+) \[color=\"#[0-9a-f]{{6}}\"(?:, \w+=(?:\w+|{DOT_TEXT}))*\];")


def dot_parts(text: str) -> tuple[dict[int, tuple[str, str]], list[tuple[int, int]]]:
    """By a strict grammar of our own: label and tool tip of every node, ends of every link."""
    nodes, links = {}, []
    body = text.split("\n")
    assert body[-2:] == ["}", ""]
    for line in body:
        if line.startswith("  n") and (found := DOT_NODE.fullmatch(line)):
            nodes[int(found[1])] = (undone(found[2]), undone(found[3]))
        elif line.startswith("  n") and (found := DOT_LINK.fullmatch(line)):
            links.append((int(found[1]), int(found[2])))
        else:
            fixed = ("//", "digraph lineage {", "  rankdir=RL;", "  node [font", "  edge [font", '  label="', "}")
            assert not line or line.startswith(fixed), line
            assert not line.startswith('  label="') or re.fullmatch(rf"  label={DOT_TEXT}; labelloc.*", line)
    return nodes, links


def tipped(id: str) -> str:
    return xmlparts.legal(wording.clean(id)).replace("\\", "∖")


def undone(text: str) -> str:
    return html.unescape(re.sub(r"\\(.)", lambda found: {"n": "\n", "l": "\n"}.get(found[1], found[1]), text))


MERMAID_TEXT = r'"((?:[\w\xa0 ,./()·–…’-]|#\d+;|<br>)*)"'
MERMAID_NODE = re.compile(
    rf"  n(\d+)(?:\[{MERMAID_TEXT}\]|\{{\{{{MERMAID_TEXT}\}}\}}|\[\[{MERMAID_TEXT}\]\]|\(\[{MERMAID_TEXT}\]\))"
)
MERMAID_LINK = re.compile(rf"  n(\d+) -->(?:\|{MERMAID_TEXT}\|)? n(\d+)")
MERMAID_REST = re.compile(
    r'---|title: "[^"\\{}#;<>\n]*"|config:|  flowchart:|    (?:wrappingWidth|nodeSpacing|rankSpacing): \d+|flowchart RL|'
    r"  acc(?:Title|Descr): [^;#{}\n]*|  %% [^{}\n]*|  linkStyle [\d,]+ [\w:#, -]+|  classDef \w+ [\w:#, -]+|  class [n\d,]+ \w+"
)


def mermaid_parts(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """By a strict grammar of our own: the labels of all nodes, the ends of all links."""
    labels, links = [], []
    for line in text.splitlines():
        if found := MERMAID_NODE.fullmatch(line):
            assert int(found[1]) == len(labels)
            label = next(each for each in found.groups()[1:] if each is not None)
            labels.append(re.sub(r"#(\d+);", lambda sign: chr(int(sign[1])), label.replace("<br>", "\n")))
        elif found := MERMAID_LINK.fullmatch(line):
            links.append((int(found[1]), int(found[3])))
        else:
            assert MERMAID_REST.fullmatch(line), line
    return labels, links


def alike(name: str) -> str:
    """A name as a Mermaid picture shows it, sign by sign."""
    shown = [mermaid.ALIKE.get(ord(sign), sign) for sign in wording.clean(name)]
    text = "".join(chr(sign) if isinstance(sign, int) else sign for sign in shown)
    word = [sign.isascii() and sign.isalnum() for sign in text]
    edges = [not (0 < at < len(text) - 1 and word[at - 1] and word[at + 1]) for at in range(len(text))]
    return "".join("＿" if sign == "_" and edge else sign for sign, edge in zip(text, edges, strict=True))
