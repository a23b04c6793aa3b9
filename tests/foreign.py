"""Files for other programs, read by those programs: Graphviz, networkx, Mermaid; what they make of them is looked at."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import networkx as nx

from tests import canary
from tests.browser import TRAP, Browser
from tests.looking import HUB
from tests.npm import script

_LINK = "{http://www.w3.org/1999/xlink}href"

_RENDER = """(async () => {
  mermaid.initialize({startOnLoad: false, securityLevel: LEVEL, maxTextSize: 1e7, maxEdges: 1e5});
  const shown = [];
  for (const [place, text] of TEXTS_TO_DRAW.entries()) {
    try {
      const made = await mermaid.render("drawn" + place, text);
      const box = document.createElement("div");
      document.body.append(box);
      box.innerHTML = made.svg;
      if (made.bindFunctions) made.bindFunctions(box);
      shown.push([...box.querySelectorAll(".nodeLabel")].map(each => each.textContent));
    } catch (error) { shown.push(String(error).slice(0, 300)); }
  }
  return shown;
})()"""

#: A link that leads away is noted and not followed; any other is.
_STAY = """document.addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest("a");
  const to = link ? link.getAttribute("href") || link.getAttribute("xlink:href") || "" : "";
  if (/^\\s*http/i.test(to)) event.preventDefault();
}, true)"""

#: Everything in the picture is touched.
_TOUCH = """(() => {
  for (const node of document.querySelectorAll("*"))
    for (const what of ["mouseover", "mousemove", "click"])
      node.dispatchEvent(new MouseEvent(what, {bubbles: true, cancelable: true}));
  return new Promise(done => setTimeout(done, 300));
})()"""


def graphviz(text: str, folder: Path, browser: Browser | None) -> None:
    """Graphviz draws it, its links lead to the Hub, and the picture does nothing in a browser."""
    drawn = canary.dot(text)
    assert drawn is not None, "Graphviz refuses it"
    for element in ET.fromstring(drawn).iter():
        target = element.get(_LINK)
        assert target is None or HUB.fullmatch(target), target
        assert element.tag.rpartition("}")[2] not in ("image", "script", "foreignObject")
    if browser is not None:
        path = folder / "drawn.svg"
        path.write_text(drawn, "utf-8")
        tab = browser.open(path, trap=TRAP)
        # A link to the Hub is a link; it is looked at above and not followed here.
        tab.value(_STAY)
        tab.value(_TOUCH)
        assert tab.did() == []
        tab.close()


def xml(text: str, kind: str) -> "nx.Graph":
    """It is well formed, defines nothing of its own, asks for nothing; networkx reads the graph in it."""
    assert "<!" not in text and "]]>" not in text
    assert text.count("<?") == text[:5].count("<?") + text[5:].count("<?") <= 1
    ET.fromstring(text.encode())
    import io

    reader = {"graphml": nx.read_graphml, "gexf": nx.read_gexf}[kind]
    return reader(io.BytesIO(text.encode()))


def mermaid(
    texts: list[str], folder: Path, browser: Browser, level: str = "strict"
) -> tuple[list[list[str] | str], list[str]]:
    """Of each diagram the labels that Mermaid shows, or its error; and what was run, asked for or led elsewhere.

    The page around it has no policy, as people's own pages have none.
    """
    path = folder / "mermaid.html"
    path.write_text("<!doctype html><meta charset=utf-8><title>t</title><body></body>", "utf-8")
    tab = browser.open(path, trap=TRAP)
    tab.value(script("mermaid", "dist/mermaid.min.js") + "; 0")
    shown = tab.value(_RENDER.replace("LEVEL", json.dumps(level)).replace("TEXTS_TO_DRAW", json.dumps(texts)))
    links = tab.value(
        "[...document.querySelectorAll('a')].map(each => each.getAttribute('href') || each.getAttribute('xlink:href'))"
    )
    tab.value(_STAY)
    tab.value(_TOUCH)
    # Mermaid itself may make functions of texts: what counts is what hostile texts call, and requests.
    deeds = [each for each in tab.value("window.traps") if re.match(r"hit |alert |open |fetch ", each)] + tab.tried()
    deeds += [f"led to {each}" for each in links if each and not HUB.fullmatch(each)]
    tab.close()
    return shown, deeds
