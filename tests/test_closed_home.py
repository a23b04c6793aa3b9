"""A home that cannot be written: who reads is answered as ever, who writes gets a sentence, and nothing changes."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.breaking import ci_only, copied, differing, everything, sentence, tab, told
from tests.closed import KINDS, closed, refused, starts_others, why_not
from tests.faults import bytes_of
from tests.warm import Warm


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that everybody may enter and write to: folders of tests are their owner's."""
    folder = Path(tempfile.mkdtemp(prefix="lineage-test-", dir="/tmp"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def home(kept_home: Path, place: Path) -> Path:
    return copied(kept_home, place / "home")


def without_caches(home: Path, to: Path) -> Path:
    shutil.rmtree(copied(home, to) / "cache")
    return to


def open_folder(path: Path) -> Path:
    path.mkdir()
    path.chmod(0o777)
    return path


def compare(home: Path, place: Path, kind: str, some: int) -> tuple[int, int]:
    """With caches and without, each line: how many were asked, and the peak."""
    if missing := why_not(kind):
        ci_only(missing)
    work, tmp = open_folder(place / f"work-{kind}-{some}"), open_folder(place / f"tmp-{kind}-{some}")
    config = place / "config.toml"
    config.touch()
    env = {"TMPDIR": str(tmp), "LINEAGE_CONFIG": str(config), "XDG_CACHE_HOME": str(tmp), "HOME": str(tmp)}
    with Warm(home, **env) as ask:
        right = everything(ask, open_folder(work / "right"), some)
        offered = tab(ask, "lineage tree maker-1/").out
    tried = peak = 0
    bare = without_caches(home, place / f"bare-{kind}-{some}")
    for number, root in enumerate((home, bare)):
        before = bytes_of(root)
        assert refused(kind, root)
        with closed(kind, root, **env) as ask:
            folder = open_folder(work / str(number))
            lines = right if root == home else dict(list(right.items())[:: 1 if some == 1 else 3])
            found = everything(ask, folder, some) if lines is right else everything(ask, folder, 3 * some)
            if not starts_others(ask):  # a trend has workers, and says so when there can be none
                found = {line: end for line, end in found.items() if not line.startswith("trend")}
            assert differing(found, {line: right[line] for line in found}) == []
            assert tab(ask, "lineage tree maker-1/").out == offered
            if root == bare:
                done = ask("query", "formats")
                assert "For this once it is made in" in done.err and done.code == 0
            tried, peak = tried + ask.tried, max(peak, ask.peak)
        assert bytes_of(root) == before
    # What was made for once has gone with its process.
    assert [path.name for path in tmp.glob("lineage-*")] == []
    return tried, peak


def test_who_reads_is_answered_as_ever(home: Path, place: Path) -> None:
    compare(home, place, "mount" if why_not("modes") else "modes", 36)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_every_line_is_answered_as_ever(
    home: Path, place: Path, kind: str, record_property: Callable[[str, object], None]
) -> None:
    began = time.monotonic()
    tried, peak = compare(home, place, kind, 1)
    told(record_property, tried, time.monotonic() - began, peak)


@pytest.mark.parametrize("kind", ["modes", pytest.param("mount", marks=pytest.mark.soak)])
def test_who_writes_gets_a_sentence(home: Path, place: Path, kind: str) -> None:
    if missing := why_not(kind):
        ci_only(missing)
    before, tmp = bytes_of(home), open_folder(place / f"tmp-writing-{kind}")
    env = {"TMPDIR": str(tmp), "HOME": str(tmp), "LINEAGE_CONFIG": str(open_folder(tmp / "own") / "config.toml")}
    (tmp / "own" / "config.toml").touch()
    with closed(kind, home, **env) as ask:
        for line in ("build sample --no-graph -q", "snapshots use other", "snapshots remove other", f"export {home}/x --as csv",
                     f"info -o {home}/x.csv", f"view family maker-0/model-0 -o {home}/x.html", f"report -o {home}/x.html"):  # fmt: skip
            done = ask(*line.split())
            assert sentence(done) and str(home) in done.err, done
        done = ask("--log-file", f"{home}/x.log", "info")
        assert sentence(done) and done.code == 2
        # The script of completion is printed whole, though nothing can be kept beside it.
        assert ask("completion", "bash").code == 0
        done = ask("doctor", "--format", "tsv")
        assert done.code == 0 and b"cannot be written: set LINEAGE_HOME" in done.out
    assert bytes_of(home) == before
    assert [path.name for path in tmp.iterdir()] == ["own"]


def test_settings_in_a_folder_that_is_closed_are_a_sentence(home: Path, place: Path) -> None:
    """They cannot be read, which is not the same as that nothing may be written."""
    if missing := why_not("modes"):
        ci_only(missing)
    own = open_folder(place / "own")
    (own / "config.toml").touch()
    inner = open_folder(own / "inner")
    own.chmod(0o711)  # may be passed, not looked into: as the folder above a project may be
    with closed("modes", home, LINEAGE_CONFIG=str(place / "none.toml"), HOME=str(place)) as ask:
        (place / "none.toml").touch()
        assert ask("info", cwd=inner).code == 0
        own.chmod(0o700)
        done = ask("info", LINEAGE_CONFIG=str(own / "config.toml"))
        assert sentence(done) and done.code == 2
        assert f"{own / 'config.toml'} cannot be read: Permission denied. Set LINEAGE_CONFIG" in done.err
    own.chmod(0o755)
