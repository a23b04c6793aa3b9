"""A headless Chromium for tests, driven over the DevTools pipe: no driver, no port, no package.

    with Browser() as browser:
        tab = browser.open(path)
        assert tab.value("document.title") == "…"
        tab.press("ArrowDown")

The tab watches for everything a page of ours must never do: requests, dialogs, errors on the console.
"""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.hands import Hands

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

#: Runs before anything of a page does: whatever a hostile text manages to do leaves a trace in `window.traps`.
TRAP = Path(__file__).with_name("trap.js").read_text("utf-8")


def find() -> str | None:
    """The browser's path, or None. `LINEAGE_CHROMIUM` names another one."""
    return os.environ.get("LINEAGE_CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)


def need_browser() -> None:
    """Skips with the reason where there is no Chromium; under CI=true fails."""
    if find() is None:
        missing("no Chromium on this machine (apt-get install chromium, or set LINEAGE_CHROMIUM to its path)")


def missing(reason: str) -> None:
    """A real part is not there: a skip that says why, and under CI=true a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


class Browser:
    """One Chromium process with its own empty profile; ended and removed on leaving the block."""

    def __init__(self) -> None:
        self._profile = tempfile.mkdtemp(prefix="lineage-browser-")
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        # Chromium reads commands from descriptor 3 and answers on 4; keep ours out of their way.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (theirs_in, theirs_out)]
        for end in (theirs_in, theirs_out):
            os.close(end)

        def place() -> None:
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self._process = subprocess.Popen(
            [
                str(find()), "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-sync",
                "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
                "--force-color-profile=srgb", f"--user-data-dir={self._profile}", "about:blank",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(3, 4), preexec_fn=place,
        )  # fmt: skip
        for end in ends:
            os.close(end)
        self._out = os.fdopen(ours_out, "wb", buffering=0)
        self._in = os.fdopen(ours_in, "rb")
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, RuntimeError):
            self.call("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._in.close()
        self._out.close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Send one command and give its result; what is reported meanwhile goes to `events`."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        self._out.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def _read(self) -> dict[str, Any]:
        text = bytearray()
        while (char := self._in.read(1)) != b"\0":
            if not char:
                raise RuntimeError("The browser ended.")
            text += char
        return json.loads(text)

    def open(
        self,
        path: Path | str,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        trap: str = "",
        scripts: bool = True,
    ) -> "Tab":
        """A new tab with a file or an address in it, loaded, painted twice. `trap` runs before anything of the page does."""
        return Tab(self, path, width, height, dark, trap, scripts)


class Tab(Hands):
    """One page. `seconds` is the time from navigation to the second painted frame."""

    def __init__(
        self, browser: Browser, path: Path | str, width: int, height: int, dark: bool, trap: str, scripts: bool
    ) -> None:
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._target = target
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.prefer(dark=dark)
        if trap:
            self.call("Page.addScriptToEvaluateOnNewDocument", source=trap)
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.address = path if isinstance(path, str) else path.resolve().as_uri()
        start = time.perf_counter()
        self.call("Page.navigate", url=self.address)
        if not scripts:
            time.sleep(0.5)  # nothing in the page can say that it is ready
            return
        self.value(
            "new Promise(done => { const go = () => requestAnimationFrame(() => requestAnimationFrame(done));"
            "document.readyState === 'complete' ? go() : addEventListener('load', go); })"
        )
        self.seconds = time.perf_counter() - start

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """A command to this tab."""
        return self.browser.call(method, self.session, **params)

    def value(self, expression: str) -> Any:
        """What an expression gives in the page; promises are waited for."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", str(answer)))
        return answer["result"].get("value")

    def text(self) -> str:
        """All text of the page that is shown or read out."""
        return "\n".join(name for _, name, _ in self.tree())

    def tree(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What a screen reader is given, in order: role, name, and states and values by name.

        Of the states those that are said: `expanded`, `level`, `selected`, `pressed`, `focused`, `value`, `description` …
        """
        rows = []
        for node in self.call("Accessibility.getFullAXTree")["nodes"]:
            if node.get("ignored"):
                continue
            states = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
            for more in ("value", "description"):
                if node.get(more, {}).get("value") not in (None, ""):
                    states[more] = node[more]["value"]
            rows.append((node["role"]["value"], node.get("name", {}).get("value", ""), states))
        return rows

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """A screenshot as PNG, of the whole page or of what is in the window."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _seen(self, *methods: str) -> list[dict[str, Any]]:
        self.call("Runtime.evaluate", expression="0")  # collects what is under way
        return [
            event["params"]
            for event in self.browser.events
            if event.get("sessionId") == self.session and event.get("method") in methods
        ]

    def tried(self) -> list[str]:
        """Every address that the page tried to load, its own file left out, also where its policy forbade it."""
        return [event["request"]["url"] for event in self._asked()]

    def requests(self) -> list[str]:
        """Every address that was really asked."""
        stopped = {each["requestId"] for each in self._seen("Network.loadingFailed") if each.get("blockedReason")}
        return [event["request"]["url"] for event in self._asked() if event["requestId"] not in stopped]

    def _asked(self) -> list[dict[str, Any]]:
        return [each for each in self._seen("Network.requestWillBeSent") if each["request"]["url"] != self.address]

    def dialogs(self) -> list[str]:
        """Every alert, prompt or confirmation that was opened."""
        return [event["message"] for event in self._seen("Page.javascriptDialogOpening")]

    def complaints(self) -> list[str]:
        """Errors and warnings: thrown, logged by the page or by the browser (a broken policy, for instance)."""
        thrown = [event["exceptionDetails"]["text"] for event in self._seen("Runtime.exceptionThrown")]
        called = [str(e["args"]) for e in self._seen("Runtime.consoleAPICalled") if e["type"] in ("error", "warning")]
        logged = [e["entry"]["text"] for e in self._seen("Log.entryAdded") if e["entry"]["level"] != "info"]
        return thrown + called + logged

    def left(self) -> list[str]:
        """Every other address that the page went to, or a window that it opened."""
        gone = [each["frame"]["url"] for each in self._seen("Page.frameNavigated")]
        opened = [each["url"] for each in self._seen("Page.windowOpen")]
        # A place within the page is no journey.
        return [
            url for url in gone if url.partition("#")[0] not in (self.address.partition("#")[0], "about:blank")
        ] + opened

    def did(self) -> list[str]:
        """All that a page of ours must never do, one line each, whatever it was; empty for a quiet page.

        Opened with `TRAP` also what scripts tried: eval, windows, sockets, timers made of text.
        """
        asked = [f"asked {url}" for url in self.tried()]
        said = [f"dialog {text}" for text in self.dialogs()]
        gone = [f"went to {url}" for url in self.left()]
        trapped = self.value("window.traps || []")
        return [*asked, *said, *gone, *trapped, *(f"complained {text}" for text in self.complaints())]

    def close(self) -> None:
        """Close the tab."""
        self.browser.call("Target.closeTarget", targetId=self._target)
