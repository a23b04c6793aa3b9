"""`docs/intermediaries.md` is what its script makes of the samples."""

from pathlib import Path

from lineage.session import Session
from scripts.intermediaries import PAGE, PICTURES, made
from scripts.write_figures import filled


def test_the_page_is_what_the_script_makes(sample: Session, sample_gguf: Session) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert filled(text, made({"sample": sample, "sample-gguf": sample_gguf})) == text
    assert text.count("<!-- made: ") == 19


def test_its_pictures_are_there_and_shown() -> None:
    text = PAGE.read_text(encoding="utf-8")
    there = sorted(path.name for path in Path(PICTURES).iterdir())
    assert there == ["measures.webp", "serving.webp"]
    assert all(f"(intermediaries/{name})" in text for name in there)
