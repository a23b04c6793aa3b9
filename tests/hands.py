"""What a person does to a page: keys, mouse, text, what they prefer, where their downloads go.

    tab.press("ArrowDown", "Shift+Tab", "Control+f")
    tab.click("#outline tr:nth-child(3)")
    with tab.downloads(folder) as kept:
        tab.click("button.tsv")
    assert kept[0].read_text()

A selector takes its first element; where nothing matches, or what matches cannot be seen, there is a sentence.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

KEYS = {"ArrowUp": 38, "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, "PageUp": 33,
        "PageDown": 34, "Enter": 13, "Tab": 9, "Escape": 27, "Backspace": 8, "Delete": 46, "Space": 32}  # fmt: skip

#: Keys that have a sign of their own but not the code of its letter.
SIGNS = {"+": 187, "=": 187, "-": 189, "/": 191, ".": 190, ",": 188, "?": 191, "#": 51}

MODIFIERS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}

#: What a person may prefer, by the name that `prefer` takes.
FEATURES = {
    "dark": ("prefers-color-scheme", "dark", "light"),
    "still": ("prefers-reduced-motion", "reduce", "no-preference"),
    "forced": ("forced-colors", "active", "none"),
    "contrast": ("prefers-contrast", "more", "no-preference"),
}

_MIDDLE = """(() => {
  const node = [...document.querySelectorAll(SELECTOR)].at(PLACE);
  if (!node) return null;
  node.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
  const box = node.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2, box.width, box.height];
})()"""


class _Page(Protocol):
    def call(self, method: str, **params: Any) -> dict[str, Any]: ...

    def value(self, expression: str) -> Any: ...


class Hands:
    """Mixed into a tab, which brings `call` and `value`."""

    def press(self: _Page, *keys: str) -> None:
        """Press and release each key where the focus is; `Shift+Tab` holds the first ones down."""
        for key in keys:
            *held, name = key.split("+") if len(key) > 1 and not key.endswith("++") else [key]
            if key.endswith("++"):
                held, name = key[:-2].split("+"), "+"
            modifiers = sum(MODIFIERS[each] for each in held)
            sent = " " if name == "Space" else name
            code = {"key": sent, "modifiers": modifiers,
                    "windowsVirtualKeyCode": KEYS.get(name) or SIGNS.get(name) or ord(name[0].upper())}  # fmt: skip
            # With Control, Alt or Meta held a key writes nothing.
            silent = modifiers & ~MODIFIERS["Shift"]
            text = "\r" if name == "Enter" else sent if len(sent) == 1 else ""
            self.call(
                "Input.dispatchKeyEvent", type="keyDown", **code, **({"text": text} if text and not silent else {})
            )
            self.call("Input.dispatchKeyEvent", type="keyUp", **code)

    def type(self: _Page, text: str) -> None:
        """Put text where the focus is, as a paste does."""
        self.call("Input.insertText", text=text)

    def move(self: _Page, x: float, y: float) -> None:
        """Move the mouse, in pixels of the window."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def middle(self: _Page, selector: str, place: int = 0) -> tuple[float, float]:
        """Scroll the element (of several the one at `place`) into view; the middle of its box in the window."""
        found = self.value(_MIDDLE.replace("SELECTOR", json.dumps(selector)).replace("PLACE", str(place)))
        if found is None:
            raise AssertionError(f"Nothing in the page matches {selector} at place {place}.")
        x, y, width, height = found
        if not width and not height:
            raise AssertionError(f"{selector} at place {place} is not shown, so it has no place to point at.")
        return x, y

    def hover(self, selector: str, place: int = 0) -> None:
        """Move the mouse onto an element."""
        self.move(*self.middle(selector, place))  # type: ignore[misc]

    def click(self, selector: str, place: int = 0, *, times: int = 1) -> None:
        """Click in the middle of an element, as a mouse does: what lies on top of it gets the click."""
        self.click_at(*self.middle(selector, place), times=times)  # type: ignore[misc]

    def click_at(self: Any, x: float, y: float, *, times: int = 1) -> None:
        """Click at a place of the window: on a canvas there is no element to name. `times=2` is a double click."""
        self.move(x, y)
        for count in range(1, times + 1):
            for kind in ("mousePressed", "mouseReleased"):
                self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=count)

    def drag(self: Any, start: tuple[float, float], end: tuple[float, float], steps: int = 5) -> None:
        """Press at one place of the window, move, and release at another."""
        self.move(*start)
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=start[0], y=start[1], button="left", clickCount=1)
        for step in range(1, steps + 1):
            x, y = (a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
            self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, button="left", buttons=1)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=end[0], y=end[1], button="left", clickCount=1)

    def wheel(self: _Page, x: float, y: float, down: float) -> None:
        """Turn the wheel at a place of the window; `down` in pixels, negative is up."""
        self.call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=down)

    def focus(self: _Page, selector: str) -> None:
        """Put the focus on an element."""
        if not self.value(f"(node => node && (node.focus(), true))(document.querySelector({json.dumps(selector)}))"):
            raise AssertionError(f"Nothing in the page matches {selector}.")

    def prefer(self: _Page, media: str = "", **choices: bool) -> None:
        """What the system says: `media="print"`, and `dark`, `still`, `forced`, `contrast`; what is left out is off.

        So `tab.prefer()` is a light screen with motion.
        """
        unknown = choices.keys() - FEATURES.keys()
        if unknown:
            raise AssertionError(f"There is no preference {sorted(unknown)}. There are: {', '.join(FEATURES)}.")
        features = [
            {"name": name, "value": on if choices.get(key) else off} for key, (name, on, off) in FEATURES.items()
        ]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def resize(self: _Page, width: int, height: int = 900) -> None:
        """Another size of the window; below 600 pixels it is a telephone."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)  # fmt: skip

    @contextmanager
    def downloads(self: Any, folder: Path, seconds: float = 5) -> Iterator[list[Path]]:
        """A list that holds, once the block is left, the files that were saved in it, whole, under their own names."""
        before = set(folder.iterdir())
        browser = self.browser
        browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder), eventsEnabled=True)
        seen = len(browser.events)
        kept: list[Path] = []
        yield kept
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.value("new Promise(done => setTimeout(done, 20))")
            told = browser.events[seen:]
            begun = {e["params"]["guid"] for e in told if e.get("method") == "Browser.downloadWillBegin"}
            ended = {e["params"]["guid"] for e in told if e.get("method") == "Browser.downloadProgress"
                     and e["params"]["state"] != "inProgress"}  # fmt: skip
            if begun and begun <= ended:
                break
        browser.call("Browser.setDownloadBehavior", behavior="deny")
        kept.extend(sorted(set(folder.iterdir()) - before))
