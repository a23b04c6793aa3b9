"""The gallery shows what its script takes, and nothing else."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_picture_is_shown_and_every_shown_one_is_there() -> None:
    shots = {shot.name for shot in runpy.run_path(str(ROOT / "scripts" / "gallery.py"))["SHOTS"]}
    there = {path.stem for path in (ROOT / "docs" / "gallery").iterdir()}
    shown = set(re.findall(r"!\[[^]]+\]\(gallery/([\w-]+)\.webp\)", (ROOT / "docs" / "gallery.md").read_text("utf-8")))
    assert shown == there == shots
    assert all(path.stat().st_size < 200_000 for path in (ROOT / "docs" / "gallery").iterdir())
    readme = re.findall(r"\(docs/gallery/([\w-]+)\.webp\)", (ROOT / "README.md").read_text("utf-8"))
    assert len(readme) == 2
    assert set(readme) <= there
