"""Write `docs/intermediaries.md` and its two pictures from the samples: `python scripts/intermediaries.py`.

Every table and every sentence with a number stands between `<!-- made: PART SNAPSHOT -->` and `<!-- end -->`;
`tests/test_intermediaries_page.py` holds the page to what this makes. `--no-pictures` leaves Chromium alone.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lineage.session import Session  # noqa: E402
from scripts.standing import pictures, sentences, tables  # noqa: E402

PAGE = ROOT / "docs" / "intermediaries.md"
PICTURES = ROOT / "docs" / "intermediaries"
SAMPLES = ("sample", "sample-gguf")


def made(sessions: dict[str, Session]) -> Callable[[str], str]:
    """What stands in a part, by its name: `table NAME SNAPSHOT` or `sentence NAME SNAPSHOT …`."""

    def part(name: str) -> str:
        kind, of, *snapshots = name.split()
        text: str = getattr({"table": tables, "sentence": sentences}[kind], of)(*(sessions[s] for s in snapshots))
        return text

    return part


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-pictures", action="store_true", help="only the page")
    asked = parser.parse_args()
    from lineage import pipeline
    from lineage.catalog import Catalog
    from scripts.write_figures import filled

    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder))
        sessions = {n: Session(pipeline.build(n, catalog=catalog).snapshot, catalog) for n in SAMPLES}
        PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), made(sessions)), encoding="utf-8")
        if asked.no_pictures:
            return
        from scripts.gallery import Shot, take
        from tests.browser import Browser

        PICTURES.mkdir(exist_ok=True)
        with Browser() as browser:
            for name, text, height in (
                ("serving", pictures.serving(sessions), 720),
                ("measures", pictures.measures(sessions), 720),
            ):
                path = Path(folder) / f"{name}.html"
                path.write_text(text, encoding="utf-8")
                tab = browser.open(path.as_uri(), width=1280, height=height)
                take(tab, Shot(name, name), PICTURES / f"{name}.webp")
                tab.close()


if __name__ == "__main__":
    main()
