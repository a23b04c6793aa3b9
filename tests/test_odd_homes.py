"""A home may be called anything and lie anywhere: what is built there, asked of it and drawn is the same."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lineage.catalog import Catalog
from tests.breaking import OUT, Done, broke, differing, everything, sentence, tab, told
from tests.warm import Warm

#: What quotes, escapes, addresses, SQL, Cypher, glob and a shell each make something else of.
NAMES = {
    "scripts and quotes": "名 前 'x\" ünï",
    "addresses": "a%41#frag?q=1&b;c@d:e",
    "a shell": "$HOME `id` \\n *[!a]{b,c}~ !1",
    "a newline": "one\ntwo",
    "a dash": "-rf",
    "blanks": "  .  ",
    "formulas": "=1+1,tab\there",
}


def long(folder: Path) -> Path:
    """As long as a path may be (4,096 bytes) when 200 more are to follow."""
    while len(os.fsencode(folder)) < 3700:
        folder /= "l" * min(200, 3890 - len(os.fsencode(folder)))
    return folder


@pytest.fixture(scope="module")
def plain(kept_home: Path) -> Path:
    """The folder with a plain home in it, and what it was built from."""
    return kept_home.parent


@pytest.fixture(scope="module")
def right(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], dict[str, Done]]:
    known: dict[int, dict[str, Done]] = {}

    def asked(some: int) -> dict[str, Done]:
        if some not in known:
            with Warm(plain / "home") as ask:
                known[some] = everything(ask, tmp_path_factory.mktemp("work"), some)
        return known[some]

    return asked


def built_and_asked(
    plain: Path, home: Path, given: str, work: Path, right: dict[str, Done], some: int
) -> tuple[int, int]:
    """Build into a home that is called `given` from the folder `work`, and ask everything; how much, and the peak."""
    with Warm(home) as ask:
        work.mkdir(parents=True, exist_ok=True)
        at = {"LINEAGE_HOME": given}
        for name in ("other", "shape"):
            line = ("build", str(plain / f"{name}.jsonl"), "--name", name, "--taken-at", "2024-09-20", "-q")
            done = ask(*line, cwd=work, **at)
            assert (done.code, done.err) == (0, ""), done
        for name in ("other", "shape"):
            assert Catalog(home).open(name).sha256 == Catalog(plain / "home").open(name).sha256
        assert differing(everything(ask, work, some, **at), right) == []
        done = ask("query", "formats", "-q", cwd=work, **at)
        assert (done.code, done.err) == (0, "")  # nothing is built again
        assert ask("doctor", cwd=work, **at).code == 0
        # A folder is named by its path, too.
        folder = Catalog(home).open("other").folder
        assert ask("info", "--snapshot", str(folder), "--format", "tsv", cwd=work).out == ask(
            "info", "--snapshot", "other", "--format", "tsv", cwd=work).out  # fmt: skip
        if given == str(home):
            assert b"maker-1/model-1\t" in tab(ask, "lineage tree maker-1/").out
        assert ask("snapshots", "remove", "other", cwd=work, **at).code == 0
        assert not folder.exists()
        assert not list((home / "cache").glob(".building*"))
        return ask.tried, ask.peak


def homes(folder: Path) -> dict[str, tuple[Path, str, Path]]:
    """By name: the home, how LINEAGE_HOME calls it, and the folder that lines are asked in."""
    found = {name: (folder / text / "home", str(folder / text / "home"), folder / text) for name, text in NAMES.items()}
    (folder / "real").mkdir()
    (folder / "link").symlink_to(folder / "real")
    found["a link"] = (folder / "real", str(folder / "link"), folder / "work")
    found["a relative path"] = (folder / "work" / "below" / "h", "below/h", folder / "work")
    found["a relative path with a dash"] = (folder / "work" / "--all", "--all", folder / "work")
    found["a way about"] = (folder / "about", f"{folder}/x/..//about/.", folder / "work")
    found["a long path"] = (long(folder), str(long(folder)), folder / "work")
    return found


def test_the_answers_are_those_of_a_plain_home(
    plain: Path, right: Callable[[int], dict[str, Done]], tmp_path: Path
) -> None:
    """Odd in two ways at once: in a folder with such a name, and called by a path that begins there."""
    folder = tmp_path / NAMES["scripts and quotes"] / NAMES["addresses"]
    built_and_asked(plain, folder / "below" / "é %", "below/é %", folder, right(36), 36)


@pytest.mark.soak
def test_every_line_in_every_home(
    plain: Path, right: Callable[[int], dict[str, Done]], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    began, tried, peak = time.monotonic(), 0, 0
    (tmp_path / "x").mkdir()
    for number, home in enumerate(homes(tmp_path).values()):
        some = 1 if number == 0 else 7
        more, most = built_and_asked(plain, *home, right(some), some)
        tried, peak = tried + more, max(peak, most)
    told(record_property, tried, time.monotonic() - began, peak)


def test_a_page_in_a_folder_called_anything(plain: Path, tmp_path: Path) -> None:
    """-o takes such a name, and what is printed is where the file lies."""
    folder = tmp_path / NAMES["scripts and quotes"]
    folder.mkdir()
    with Warm(plain / "home") as ask:
        for name in ("p.html", "f.gexf", "ü '\".dot"):
            done = ask("view", "family", "maker-0/model-0", "-o", str(folder / name))
            assert done.out.decode().rstrip("\n") == str(folder / name) and (folder / name).stat().st_size > 500
        done = ask("export", str(folder / OUT), "--as", "csv")
        assert done.code == 0 and (folder / OUT / "models.csv").is_file()


def test_a_home_whose_name_is_no_text_is_refused_in_a_sentence(plain: Path, tmp_path: Path) -> None:
    """Engines take paths in UTF-8 alone; whatever a line does of itself before, it ends in a sentence or rightly."""
    home = os.fsdecode(bytes(tmp_path) + b"/caf\xe9")
    with Warm(plain / "home") as ask:
        for line in (f"build {plain}/other.jsonl --taken-at 2024-09-20", "info", "query formats", "schema", "doctor", "snapshots",
                     "rank --metric betweenness", "completion bash", f"view flows -o {tmp_path}/f.html"):  # fmt: skip
            done = ask(*line.split(), LINEAGE_HOME=home)
            assert broke(done) is None, done
            assert done.code == 0 or sentence(done) or line == "doctor", done
        done = ask("doctor", "--format", "tsv", LINEAGE_HOME=home)
        assert b"settings\tbad\tThe name of the home is no text in UTF-8" in done.out and done.code == 1
        done = ask("build", "sample", LINEAGE_HOME=home)
        assert "Reading" not in done.err and "Set LINEAGE_HOME to another folder." in done.err and done.code == 2
