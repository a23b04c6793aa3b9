"""axe-core over every page, light and dark, on a screen and a telephone: nothing serious, nothing critical.

The rules come from npm (`tests/npm.py`) and reach the page through the browser's own door, past its policy.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from lineage.commands import main
from lineage.session import Session
from lineage.views.families.family import family_page, family_pyvis
from tests.browser import Browser, Tab
from tests.families import cyclic, drawn, hostile, large, star
from tests.hostile_views import PAGES, View
from tests.npm import script

#: What must not be there. Lesser findings are printed by `pytest -s`.
GRAVE = ("serious", "critical")

RUN = """axe.run(document, {preload: false, resultTypes: ["violations"]}).then(found => found.violations.map(each => [
  each.impact, each.id, each.help, each.nodes.length, each.nodes[0].target.join(" "), each.nodes[0].failureSummary]))"""

MODEL = "meta-llama/Meta-Llama-3.1-8B"

#: Every page that a command makes.
SHOWN = [view for view in PAGES if view.kind == "html"]

#: Pages of drawn families, for what the sample has none of.
DRAWN: dict[str, Callable[[], str]] = {
    "drawn": lambda: family_page(drawn()),
    "alone": lambda: family_page(star(0)),
    "wide": lambda: family_page(star(700, 50)),
    "cyclic": lambda: family_page(cyclic()),
    "hostile": lambda: family_page(hostile()),
    "large": lambda: family_page(large()),
    "pyvis": lambda: family_pyvis(drawn()),
}


def grave(tab: Tab) -> list[list[object]]:
    """What axe-core calls serious or critical: impact, rule, what it says, how many, the first, how to mend it."""
    tab.value(script("axe-core", "axe.min.js") + "; 0")
    found = tab.value(RUN)
    for each in found:
        print("axe", *each[:5])  # `pytest -s` shows all
    return [each for each in found if each[0] in GRAVE]


def in_every_light(browser: Browser, text: str, folder: Path) -> None:
    path = folder / "page.html"
    path.write_text(text, "utf-8")
    for width in (1280, 420):
        for dark in (False, True):
            tab = browser.open(path, width=width, dark=dark)
            tab.value("document.querySelectorAll('details').forEach(each => { each.open = true; })")
            assert grave(tab) == [], (width, dark)
            tab.close()


def test_what_is_wrong_is_found(browser: Browser, tmp_path: Path):
    path = tmp_path / "bad.html"
    path.write_text(
        "<!doctype html><html><title>t</title><main><p style='color:#ccc;background:#fff'>pale</p><input><img src='data:,'>"
        "<ul role='listbox'><li>x</li></ul><button></button></main>", "utf-8"
    )  # fmt: skip
    tab = browser.open(path)
    rules = {each[1] for each in grave(tab)}
    tab.close()
    assert {"color-contrast", "html-has-lang", "label", "image-alt", "button-name"} <= rules


LONG = ("wide", "large")


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.soak if name in LONG else ()) for name in DRAWN])
def test_pages_of_drawn_families(name: str, browser: Browser, tmp_path: Path):
    in_every_light(browser, DRAWN[name](), tmp_path)


#: Pages that are drawn as another is; they are looked at in `make soak`.
LATER = ("family, 500 signs", "family of root", "publisher of root", "flows page by format", "canvas of root",
         "pyvis of root", "answer about one", "ancestors, pyvis")  # fmt: skip


@pytest.mark.parametrize(
    "view", [pytest.param(v, marks=pytest.mark.soak if v.name in LATER else (), id=v.name) for v in SHOWN]
)
def test_every_page_of_the_sample(view: View, browser: Browser, sample: Session, tmp_path: Path):
    file = tmp_path / "view.html"
    words = {
        "{model}": MODEL,
        "{publisher}": "meta-llama",
        "{file}": str(file),
        "id={model}": f"id={MODEL}",
        "maker/root": MODEL,
        "maker": "meta-llama",
    }
    line = [words.get(word, word).replace("LIMIT 400", "LIMIT 40") for word in view.line]
    done = CliRunner().invoke(main, line, env={"LINEAGE_HOME": str(sample.catalog.root)})
    assert done.exit_code == 0, done.output
    in_every_light(browser, file.read_text("utf-8") if file.exists() else done.stdout, tmp_path)
