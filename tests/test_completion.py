"""Tab: what is offered, and that what is offered is one inert word in a real bash, zsh and fish."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage import cypher, reference
from lineage.commands import main
from lineage.commands import settings as tree
from lineage.commands.completion import SHELLS
from lineage.commands.grammar import grammar
from lineage.completion import index, made
from lineage.completion.line import quoted, words
from lineage.completion.offers import KINDS
from lineage.completion.tab import GRAMMAR
from tests.tabs import HOSTILE, ROOT, SCRIPTS, begun_alike, furnish, publish, tab


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnish(tmp_path_factory.mktemp("home of Tab's"))


def test_what_is_offered(home: Path, sample: Any) -> None:
    commands = tab(home, "lineage ")[1]
    assert commands == sorted(main.commands)
    assert tab(home, "lineage tr")[1] == ["tree", "trend"]
    assert tab(home, "lineage -v --color never view fa")[1] == ["family"]
    assert tab(home, "lineage shares --wi")[1] == ["--window"]
    assert tab(home, "lineage --color ")[1] == ["auto", "always", "never"]
    assert tab(home, "lineage shares --window ")[1] == ["30d", "all_time", "under_1y"]
    assert tab(home, "lineage shares --window=al", "zsh")[1] == ["--window=all_time"]
    assert tab(home, "lineage shares --window=al")[1] == ["all_time"]  # bash parts the word at =
    assert "origin" in tab(home, "lineage shares --by o")[1]
    assert tab(home, "lineage flows --by ")[1] == ["relation", "format"]
    assert tab(home, "lineage intermediaries --list ")[1] == reference.list_names()
    assert tab(home, "lineage info --snapshot ")[1] == ["n"]
    assert tab(home, "lineage snapshots use ")[1] == ["n"]
    assert tab(home, "lineage query top_b")[1] == ["top_bases"]
    assert tab(home, "lineage query descendants -p ")[1] == [f"{p.name}=" for p in cypher.query("descendants").params]
    assert tab(home, "lineage query descendants -p id=solo/", "zsh")[1] == ["id=solo/only-one"]
    assert tab(home, "lineage tree solo/")[1] == ["solo/only-one"]
    assert tab(home, "lineage tree g")[1] == ["gpt2"]
    assert tab(home, "lineage tree so")[1] == ["solo/"]
    assert tab(home, "lineage publisher so")[1] == ["solo"]
    assert tab(home, "lineage rollup gpt2 so")[1] == ["solo/"]  # as many as one likes
    assert tab(home, "lineage tree gpt2 so")[1] == []  # one only
    assert tab(home, "lineage tree -- so")[1] == ["solo/"]
    assert tab(home, "lineage trend shar")[1] == ["shares"]
    assert "--window" in tab(home, "lineage trend shares --wi")[1]
    assert tab(home, "lineage trend shares --snapshot ")[1] == ["n"]
    assert tab(home, "lineage info -o ") == ("files", [])
    assert tab(home, "lineage build ")[0] == "files"
    assert tab(home, "lineage info --limit ") == ("words", [])
    assert tab(home, "lineage nothing ")[1] == []
    # The snapshot that the line names is asked, and one that lies elsewhere is not.
    assert tab(home, "lineage tree --snapshot n solo/")[1] == ["solo/only-one"]
    assert tab(home, "lineage tree --snapshot other solo/")[1] == []
    assert tab(home, "lineage tree solo/", LINEAGE_SNAPSHOT="gone")[1] == []


def test_many_are_cut_and_share_what_all_share(home: Path) -> None:
    found = tab(home, "lineage tree many/")[1]
    assert len(found) == 200
    assert found[0] == "many/a" and found[-1] == "many/b0899"
    assert begun_alike(found) == "many/"
    assert begun_alike(tab(home, "lineage tree many/b0")[1]) == "many/b0"


def test_every_command_option_and_choice_is_in_the_grammar() -> None:
    made_ = grammar(main)  # type: ignore[arg-type]
    for path, command in tree.walk(main):  # type: ignore[arg-type]
        place = made_["root"]
        for name in path:
            place = place["commands"][name]
        for name, option in tree.options_of(command).items():
            said = place["options"][f"--{name}"]
            assert said["takes"] is not option.is_flag
            assert isinstance(said["kind"], list) or said["kind"] in (*KINDS, None)
            if option.envvar and option.name in ("window", "basis", "owner", "list_"):
                assert isinstance(said["kind"], list) and option.default in said["kind"]
        assert "--help" in place["options"]


def test_ids_that_a_shell_would_act_on_are_quoted_for_bash(home: Path) -> None:
    offered = tab(home, "lineage tree evil/")[1]
    assert len(offered) == len(HOSTILE)
    # bash reads each back as one word, which is the id, and runs nothing.
    script = 'for w in "$@"; do eval "set -- $w"; printf "%s|%s\\n" $# "$1"; done'
    done = subprocess.run(["bash", "-c", script, "x", *offered], cwd=home, capture_output=True, text=True, check=True)
    assert sorted(done.stdout.splitlines()) == sorted(f"1|{i}" for i in HOSTILE)
    assert not (home / "RAN").exists()
    for quote in "'\"":
        for value in tab(home, f"lineage tree {quote}evil/")[1]:
            done = subprocess.run(
                ["bash", "-c", f"printf '%s' {quote}{value}{quote}"],
                cwd=home,
                capture_output=True,
                text=True,
                check=True,
            )
            assert done.stdout in HOSTILE
    assert not (home / "RAN").exists()
    for shell in SHELLS:
        assert tab(home, "lineage tree unseen/", shell)[1] == []
        assert not any(sign in "".join(tab(home, "lineage tree ", shell)[1]) for sign in "\x1b\u202e\u200b")


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_what_is_quoted_is_read_back(text: str) -> None:
    for quote in ("", "'", '"'):
        written = quoted(text, quote)
        if written is not None:
            if quote != '"':  # shlex knows no \\$ and \\` there
                assert shlex.split(quote + written + quote) == [text]
            *_, word = words(f"lineage {quote}{written}")
            assert (word.text, word.quote) == (text, quote)


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_line_has_words(line: str) -> None:
    try:
        expected = shlex.split(line + "x", comments=False)
    except ValueError:
        assert words(line)
        return
    if "\r" not in line:
        assert [w.text for w in words(line + "x")] == expected


@given(
    st.sets(st.text("ab/é", min_size=1, max_size=5), max_size=60).map(sorted),
    st.text("ab/é", max_size=3), st.integers(2, 9), st.integers(1, 4),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_the_index_is_a_search_through_all(
    tmp_path_factory: Any, texts: list[str], prefix: str, most: int, block: int
) -> None:
    path = str(tmp_path_factory.getbasetemp() / "drawn.ids")
    index.write(path, {}, {"all": ("\n".join(texts[n : n + block]) for n in range(0, len(texts), block))})
    opened = index.Index(path)
    every = [text for text in texts if text.startswith(prefix)]
    assert opened.every("all") == texts
    found = opened.beginning("all", prefix, most)
    assert found == (every if len(every) <= most else [*every[: most - 1], every[-1]])
    assert begun_alike(found) == begun_alike(every)
    opened.close()


def test_a_damaged_index_is_made_again_and_never_believed(tmp_path: Path) -> None:
    snapshot = publish(tmp_path, [f"o/m{n:05}" for n in range(3000)])
    path = made.make(snapshot, tmp_path / "cache")
    right = tab(tmp_path, "lineage tree o/m02")[1]
    data = path.read_bytes()
    for place in (0, 5, len(data) // 2, len(data) - 30, len(data) - 20, len(data) - 1):
        path.write_bytes(data[:place] + bytes([data[place] ^ 64]) + data[place + 1 :])
        assert tab(tmp_path, "lineage tree o/m02")[1] == right
    for cut in (0, 10, len(data) - 1):
        path.write_bytes(data[:cut])
        assert tab(tmp_path, "lineage tree o/m02")[1] == right
    assert path.read_bytes() == data
    (tmp_path / "cache" / GRAMMAR).write_text("[[[")
    assert tab(tmp_path, "lineage tree o/m02")[1] == right
    # Another snapshot is another index; the same bytes each time.
    publish(tmp_path, ["o/other"], "m")
    assert tab(tmp_path, "lineage tree o/")[1] == ["o/other"]
    assert sorted(p.name for p in (tmp_path / "cache").iterdir() if ".new" in p.name) == []


def test_a_home_that_cannot_be_used_is_no_trouble(tmp_path: Path) -> None:
    assert tab(tmp_path / "none", "lineage tree x")[1] == []
    assert tab(tmp_path / "none", "lineage tree"[:-1] + "e")[1] == ["tree"]
    (tmp_path / "catalog.json").write_text("[")
    assert tab(tmp_path, "lineage tree x")[1] == []
    (tmp_path / "catalog.json").unlink()
    snapshot = publish(tmp_path, ["o/m"])
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert tab(tmp_path, "lineage tree o/")[1] == ["o/m"]
    (tmp_path / "cache").unlink()
    (snapshot.folder / "models.parquet").write_bytes(b"")
    assert tab(tmp_path, "lineage tree o/")[1] == []


def test_a_tab_imports_nothing_of_weight(home: Path) -> None:
    program = (
        "import sys\nfrom lineage.door import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted(m for m in ('click','pyarrow','numpy','rich','logging','typing','dataclasses','lineage.commands')"
        " if m in sys.modules), file=sys.stderr)"
    )
    tab(home, "lineage tree solo/")
    env = {
        "_LINEAGE_COMPLETE": "zsh",
        "_LINEAGE_LINE": "lineage tree solo/",
        "LINEAGE_HOME": str(home),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run([sys.executable, "-S", "-c", program], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "words\nsolo/only-one\t\n"
    assert set(eval(done.stderr)) <= {"typing"}  # noqa: S307 - our own line


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed_whole(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert done.output == (SCRIPTS / f"{shell}.txt").read_text(encoding="utf-8")
    assert f"lineage completion {shell}" in done.output.splitlines()[0 if shell != "zsh" else 1]


def test_powershell_as_it_is_read() -> None:
    """There is no PowerShell to run it: what makes a value inert stands in the script, and is read here."""
    text = (SCRIPTS / "powershell.txt").read_text(encoding="utf-8")
    assert "-replace \"['\\u2018\\u2019\\u201a\\u201b]\", '$0$0'" in text  # all quotes that end its single-quoted text
    assert "^[A-Za-z0-9_./:=-][A-Za-z0-9_./:=+-]*$" in text  # only such a value is left without quotes
    assert "Invoke-Expression" not in text.split("\n", 1)[1]
