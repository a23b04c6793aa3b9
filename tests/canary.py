"""The plain way: a hostile text put where it was written for as it is, and what it then does.

`fired` gives the numbers of the texts that did something: ran, asked for an address, changed what is shown, or broke
the file. It is what people write who escape nothing, so that the tests of our own writers can be seen to fail.
"""

import html
import io
import json
import re
import shutil
import subprocess
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.browser import TRAP, Browser, Tab
from tests.hostile_texts import Hostile

#: Where a text of a sink stands in a page that escapes nothing.
PLAIN: dict[str, Callable[[str], str]] = {
    "body": lambda x: f"<p>{x}</p>",
    "double": lambda x: f'<p title="{x}">x</p>',
    "single": lambda x: f"<p title='{x}'>x</p>",
    "bare": lambda x: f"<p title={x}>x</p>",
    "script": lambda x: f'<script>var a = ["{x}"];</script>',
    "json": lambda x: f'<script type="application/json">{json.dumps(x)}</script>',
    "literal": lambda x: f"<script>var a = `{x}`;</script>",
    "comment": lambda x: f"<!--{x}-->",
    "title": lambda x: f"<title>{x}</title>",
    "textarea": lambda x: f"<textarea>{x}</textarea>",
    "style": lambda x: f"<p>x</p><style>/* {x} */</style>",
    "cdata": lambda x: f"<svg><![CDATA[{x}]]></svg>",
    "svg": lambda x: f"<svg><title>{x}</title></svg>",
    "href": lambda x: f'<a href="{html.escape(x)}">x</a>',
    "frame": lambda x: f'<iframe src="{html.escape(x)}"></iframe>',
    "unescaped": lambda x: html.unescape(x),
    "inner": lambda x: f'<p id="p"></p><script>p.innerHTML = "{x}";</script>',
    "object": lambda x: f"<script>const o = {{}}; if (o[{json.dumps(x)}] !== undefined) top.hit(NUMBER);</script>",
}

#: What a reader does to everything in every frame.
TOUCH = """(() => {
  const all = (doc) => {
    for (const node of doc.querySelectorAll("*")) {
      for (const what of ["mouseover", "mouseenter", "mousemove", "focus", "click"]) {
        if (what === "focus" && node.focus) node.focus();
        node.dispatchEvent(new MouseEvent(what, {bubbles: true, cancelable: true}));
      }
      if (node.tagName === "IFRAME") try { all(node.contentDocument); } catch {}
    }
  };
  for (const frame of document.querySelectorAll("iframe")) try { all(frame.contentDocument); } catch {}
  return new Promise(done => setTimeout(done, 600));
})()"""


def numbers(tab: Tab) -> set[int]:
    """Of the texts that ran or asked for an address."""
    traces = [*tab.value("window.traps"), *tab.tried()]
    return {
        int(one) for trace in traces for one in re.findall(r"^hit (\d+)$|/t(\d+)\.png", trace) for one in one if one
    }


def framed(browser: Browser, pages: dict[int, str], folder: Path) -> set[int]:
    """Open each page in a frame of its own, touch everything; the numbers that did something."""
    path = folder / "plain.html"
    frames = "".join(f'<iframe srcdoc="{html.escape(page)}"></iframe>' for page in pages.values())
    path.write_text(f"<!doctype html><meta charset=utf-8>{frames}", "utf-8", "surrogatepass")
    tab = browser.open(path, trap=TRAP)
    tab.value(TOUCH)
    found = numbers(tab)
    tab.close()
    return found


def in_browser(browser: Browser, texts: Iterable[Hostile], folder: Path) -> set[int]:
    """The sinks of a page."""
    pages = {
        one.number: "<!doctype html>" + PLAIN[one.sink](one.text).replace("NUMBER", str(one.number))
        for one in texts
        if one.sink in PLAIN
    }
    return framed(browser, pages, folder)


def in_markdown(browser: Browser, texts: Iterable[Hostile], folder: Path) -> set[int]:
    """A renderer as people configure it: HTML on, any address for a link."""
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark", {"html": True}).enable("table")
    renderer.validateLink = lambda url: True  # type: ignore[method-assign]
    pages = {one.number: renderer.render(one.text) for one in texts if one.sink == "markdown"}
    return framed(browser, pages, folder)


def in_templates(texts: Iterable[Hostile]) -> set[int]:
    """A text that is read as a template once more, by jinja as pyvis has it, or by ours."""
    from jinja2 import Environment, TemplateError

    from lineage.views.template import fill

    found = set()
    for one in texts:
        try:
            if one.sink == "jinja":
                said = Environment().from_string(one.text).render()
            elif one.sink == "mustache":
                said = fill(one.text, {"title": "x"})
            else:
                continue
        except (KeyError, TemplateError):
            said = ""
        if said != one.text:
            found.add(one.number)
    return found


def dot(source: str) -> str | None:
    """What Graphviz makes of a file, as SVG; None where it refuses or is not whole."""
    done = subprocess.run(
        ["dot", "-Tsvg"], input=source.encode("utf-8", "replace"), capture_output=True, timeout=60, check=False
    )
    text = done.stdout.decode("utf-8", "replace")
    return text if not done.returncode and text.rstrip().endswith("</svg>") else None


def in_dot(texts: Iterable[Hostile]) -> set[int]:
    """A label without escapes: a link, other signs than were written, or a file that Graphviz refuses."""
    found = set()
    for one in texts:
        if one.sink in ("dot", "dothtml"):
            label = f'"{one.text}"' if one.sink == "dot" else f"<{one.text}>"
            drawn = dot(f"digraph {{ node [shape=box]; a [label={label}] }}")
            if drawn is None or svg_texts(drawn) != [one.text] or "href" in drawn.replace("xmlns:xlink", ""):
                found.add(one.number)
    return found


def svg_texts(drawn: str) -> list[str] | None:
    """The texts that a picture shows; None where it is not one picture."""
    if drawn.count("</svg>") != 1:
        return None
    return ["".join(each.itertext()) for each in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]


def in_xml(texts: Iterable[Hostile]) -> set[int]:
    """A value between tags as it is: another value, or no file at all."""
    found = set()
    for one in texts:
        if one.sink == "xml":
            try:
                same = ET.fromstring(f"<data>{one.text}</data>").text == one.text
            except ET.ParseError:
                same = False
            if not same:
                found.add(one.number)
    return found


def in_terminal(texts: Iterable[Hostile]) -> set[int]:
    """Markup of the library that draws tables, and bytes that a terminal obeys."""
    from rich.console import Console

    found = set()
    for one in texts:
        if one.sink == "rich":
            out = io.StringIO()
            Console(file=out, width=10_000).print(one.text)
            if out.getvalue() != one.text + "\n":
                found.add(one.number)
        if one.sink == "terminal" and obeyed(one.text):
            found.add(one.number)
    return found


def obeyed(text: str) -> list[str]:
    """What a terminal would obey in a text: C0 and C1 but tab and line feed, and DEL."""
    return [char for char in text if unicodedata.category(char) == "Cc" and char not in "\t\n"]


def unseen(text: str) -> list[str]:
    """Signs that are not seen, or turn the line round: by Unicode's own categories, and the letters that are blank."""
    return [
        c
        for c in text
        if unicodedata.category(c) in ("Cf", "Zl", "Zp", "Cs") or c in "\u034f\u115f\u1160\u3164\uffa0\u2800"
    ]


def formula(text: str) -> bool:
    """Whether a spreadsheet takes a cell for a formula."""
    return text.lstrip()[:1] in ("=", "+", "-", "@") and text.lstrip() != ""


def in_cells(texts: Iterable[Hostile]) -> set[int]:
    """A cell that is a formula; a text that does not look like what it is."""
    return {
        one.number
        for one in texts
        if (one.sink == "formula" and formula(one.text)) or (one.sink == "unseen" and unseen(one.text))
    }


def has_dot() -> bool:
    """Whether Graphviz is there."""
    return shutil.which("dot") is not None
