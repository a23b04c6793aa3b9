"""A page is opened, read as a person reads it, attacked, and has done nothing."""

import re
from pathlib import Path
from typing import Any

from tests.browser import TRAP, Browser, Tab
from tests.test_page import Page

#: Where a link of ours may lead.
HUB = re.compile(r"https://huggingface\.co/[\w./%-]+")

#: Elements that load or run something by themselves.
ACTIVE = {
    "img",
    "image",
    "iframe",
    "object",
    "embed",
    "base",
    "form",
    "link",
    "video",
    "audio",
    "source",
    "frame",
    "applet",
}

#: Every way for a reader to touch a page, on everything in it; links are noted and not followed.
READ = """(async () => {
  window.led = [];
  const halt = (event) => {
    const link = event.target.closest && event.target.closest("a[href], a[*|href]");
    if (link) { led.push(link.getAttribute("href") || String(link.href && link.href.baseVal)); event.preventDefault(); }
  };
  document.addEventListener("click", halt, true);
  const wait = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  document.querySelectorAll("details").forEach(each => { each.open = true; });
  const nodes = [...document.querySelectorAll("body *")].filter(each => !["SCRIPT", "STYLE"].includes(each.tagName));
  const step = Math.max(1, Math.floor(nodes.length / TOUCHES));
  for (let place = 0; place < nodes.length; place += step) {
    const node = nodes[place];
    if (!node.isConnected) continue; // taken away meanwhile: nobody can touch it, and no click of it is seen here
    for (const what of ["mouseover", "mouseenter", "mousemove"])
      node.dispatchEvent(new MouseEvent(what, {bubbles: true, clientX: 5, clientY: 5}));
    if (node.focus) node.focus({preventScroll: true});
    if (place % (step * 7) === 0 || node.localName === "a")
      node.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
  }
  await wait();
  for (const field of document.querySelectorAll("input[type=search], input[type=text], input:not([type])")) {
    for (const text of TEXTS_TO_FIND) {
      field.focus();
      field.value = text;
      for (const what of ["input", "change"]) field.dispatchEvent(new Event(what, {bubbles: true}));
      for (const key of ["ArrowDown", "Enter"])
        field.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
      await wait();
    }
  }
  document.removeEventListener("click", halt, true);
  return led;
})()"""

#: What somebody who got a foot into the page would try.
ATTACK = """(() => {
  const run = (make) => { try { make(); } catch {} };
  run(() => { const one = document.createElement("script"); one.textContent = "top.hit(1)"; document.body.append(one); });
  run(() => { const one = document.createElement("script"); one.src = "http://127.0.0.1:1/x.js"; document.head.append(one); });
  run(() => document.body.insertAdjacentHTML("beforeend", BAIT));
  run(() => { const frame = document.createElement("iframe"); frame.srcdoc = "<script>top.hit(6)<\\/script>"; document.body.append(frame); });
  for (const each of document.querySelectorAll("[data-bait]"))
    run(() => each.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true})));
  run(() => { const one = new Image(); one.src = "http://127.0.0.1:1/new.png"; });
  return new Promise(done => setTimeout(done, 150));
})()"""

BAIT = (
    '<img src="x" onerror="top.hit(2)"><b data-bait onclick="top.hit(3)">x</b><a data-bait href="javascript:top.hit(4)">x</a>'
    '<i style="background:url(http://127.0.0.1:1/style.png)">x</i><details open ontoggle="top.hit(5)">x</details>'
    '<style>body{background:url(http://127.0.0.1:1/sheet.png)}</style><link rel="stylesheet" href="http://127.0.0.1:1/x.css">'
    '<form data-bait action="javascript:top.hit(7)"><button data-bait>x</button></form>'
)


def built_well(text: str) -> list[str]:
    """What stands in the page's own markup and must not: handlers, styles, things that load, links elsewhere."""
    found = []
    for tag, attributes in Page(text).elements:
        if tag in ACTIVE:
            found.append(f"<{tag}>")
        found += [
            f"<{tag} {name}>" for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")
        ]
        for name in ("href", "xlink:href", "action", "formaction"):
            target = attributes.get(name)
            if target is not None and not target.startswith("#") and not HUB.fullmatch(target):
                found.append(f"<{tag} {name}={target}>")
            if target and HUB.fullmatch(target) and attributes.get("rel") != "noopener noreferrer":
                found.append(f"<{tag} {name}={target}> without rel")
    if "default-src 'none'" not in str([each.get("content") for each in Page(text).all("meta")]):
        found.append("no policy")
    return found


def read(browser: Browser, path: Path, searched: list[str], touches: int = 4000, **options: Any) -> list[str]:
    """Open a page, touch everything, search, then break in: what it did in one line each; empty for a good page.

    `touches`: of a page with more elements so many, evenly.
    """
    import json

    tab: Tab = browser.open(path, trap=TRAP, **options)
    try:
        scripts = tab.value("document.scripts.length")
        led = tab.value(READ.replace("TEXTS_TO_FIND", json.dumps(searched)).replace("TOUCHES", str(touches)))
        # A page that keeps its state in its address is slowed down by the browser where thousands of clicks come at once.
        found = [each for each in tab.did() if "Throttling navigation" not in each]
        found += [f"led to {each}" for each in led if not each.startswith("#") and not HUB.fullmatch(each)]
        if tab.value("document.scripts.length") != scripts:
            found.append("a script came into the page")
        before = len(tab.value("window.traps"))
        tab.value(ATTACK.replace("BAIT", json.dumps(BAIT)))
        found += [f"after the attack: {each}" for each in [*tab.value("window.traps")[before:], *tab.requests()]]
        return found
    finally:
        tab.close()
