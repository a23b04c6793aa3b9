"""Pictures of every page for `docs/gallery.md`, taken of the samples in headless Chromium: `python scripts/gallery.py`.

The pages themselves are put into `--pages FOLDER`, where one is named: to be looked at in any width and scheme.
"""

import argparse
import base64
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from lineage import pipeline  # noqa: E402
from lineage.catalog import Catalog  # noqa: E402
from lineage.session import Session  # noqa: E402
from tests.browser import Browser, Tab  # noqa: E402

PICTURES = HERE / "docs" / "gallery"
LLAMA = "meta-llama/Meta-Llama-3.1-8B"


@dataclass(frozen=True)
class Shot:
    """A picture: of which page, at which address in it, from which part on, how large, and in which scheme."""

    name: str
    page: str
    address: str = ""
    at: str = ""  # a selector; the picture begins a little above it
    width: int = 1280
    height: int = 900
    dark: bool = False


SHOTS = (
    Shot("family", "family", "#model=meta-llama/Meta-Llama-3.1-8B-Instruct", ".explore"),
    Shot("family-licences", "family", "#colour=licence&size=downstream", ".explore", dark=True),
    Shot("family-outline", "mistral", "#q=gguf", "#outline-title"),
    Shot("family-small", "family", "", "", 420, 900),
    Shot("family-all", "all", "", "main"),
    Shot("ancestors", "ancestors"),
    Shot("publisher", "publisher"),
    Shot("flows", "flows", "", "#picture", height=1000),
    Shot("overview", "overview", dark=True, height=1100),
    Shot("report", "report", height=1000),
    Shot("report-rules", "report", "", "#intermediaries", height=1000),
)


def pages(sample: Session, gguf: Session) -> dict[str, Callable[[], str]]:
    """How each page is made."""
    return {
        "family": lambda: sample.view_family(LLAMA),
        "mistral": lambda: sample.view_family("mistralai/Mistral-7B-v0.1", basis="inferred"),
        "all": lambda: sample.view_family("mistralai/Mistral-7B-v0.1", all=True, basis="inferred"),
        "ancestors": lambda: sample.view_ancestors("ChenWeiLi/MedLlama-3-8B_DARE"),
        "publisher": lambda: gguf.view_publisher("lmstudio-community"),
        "flows": lambda: sample.view_flows(),
        "overview": lambda: sample.view_overview(),
        "report": lambda: sample.report(),
    }


def take(tab: Tab, shot: Shot, path: Path) -> None:
    """What the window shows, as WebP: a third of the size of PNG, and sharp."""
    if shot.at:
        top = tab.value(f"document.querySelector({shot.at!r}).getBoundingClientRect().top + scrollY - 24")
        tab.value(f"scrollTo(0, {top})")
    tab.value("new Promise(done => setTimeout(done, 300))")
    taken = tab.call("Page.captureScreenshot", format="webp", quality=82)
    path.write_bytes(base64.b64decode(taken["data"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, help="a folder that the pages are put into")
    parser.add_argument("names", nargs="*", help="of pictures to take anew; without any, all")
    asked = parser.parse_args()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder) / "home")
        for name in ("sample", "sample-gguf"):
            pipeline.build(name, catalog=catalog)
        found = pages(*(Session.open(name, home=catalog.root) for name in ("sample", "sample-gguf")))
        into = asked.pages or Path(folder)
        into.mkdir(parents=True, exist_ok=True)
        with Browser() as browser:
            for shot in SHOTS:
                if asked.names and shot.name not in asked.names:
                    continue
                page = into / f"{shot.page}.html"
                page.write_text(found[shot.page](), encoding="utf-8")
                tab = browser.open(
                    f"{page.resolve().as_uri()}{shot.address}", width=shot.width, height=shot.height, dark=shot.dark
                )
                take(tab, shot, PICTURES / f"{shot.name}.webp")
                tab.close()
                print(shot.name)


if __name__ == "__main__":
    main()
