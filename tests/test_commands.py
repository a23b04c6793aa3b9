"""The command line: help, exit codes, formats, and every example in the help, run."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from lineage.commands import main
from lineage.session import Session

ROOT = Path(__file__).resolve().parent.parent


class Shell:
    """Runs `lineage` as a process, with a home that holds the sample."""

    def __init__(self, home: Path, cwd: Path) -> None:
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("LINEAGE_", "NEO4J_"))}
        self.env |= {"LINEAGE_HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        self.cwd = cwd

    def __call__(
        self, *arguments: str, code: int = 0, stdin: str | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([sys.executable, "-m", "lineage", *arguments], cwd=self.cwd, env=self.env | env, input=stdin,
                              capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)  # fmt: skip
        assert done.returncode == code, (arguments, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        assert "Traceback" not in done.stderr
        return done


@pytest.fixture
def run(sample: Session, tmp_path: Path) -> Shell:
    return Shell(sample.catalog.root, tmp_path)


def commands(
    group: click.Group = main, before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in sorted(group.commands.items()):
        yield (*before, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))


ALL = list(commands())


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(p) for p, _ in ALL])
def test_every_command_has_help(path: tuple[str, ...], command: click.Command) -> None:
    assert command.get_short_help_str()
    assert command.help
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, (path, option.name)


def test_help_imports_nothing_heavy(run: Shell) -> None:
    heavy = {"pyarrow", "pandas", "numpy", "duckdb", "scipy", "networkx", "neo4j", "ladybug", "pyvis", "rich", "huggingface_hub",
             "IPython", "jinja2", "prompt_toolkit"}  # fmt: skip
    for arguments in (
        ["--help"],
        ["crawl", "--help"],
        ["build", "--help"],
        ["intermediaries", "--help"],
        ["trend", "--help"],
        ["view", "family", "--help"],
        ["shell", "--help"],
        ["--version"],
    ):
        text = f"""
import sys
from lineage.commands import main
try:
    main({arguments!r})
except SystemExit:
    pass
print(sorted(set(m.partition('.')[0] for m in sys.modules)), file=sys.stderr)
"""
        done = subprocess.run([sys.executable, "-c", text], env=run.env, capture_output=True, text=True, check=True)
        loaded = set(re.findall(r"'(\w+)'", done.stderr.splitlines()[-1]))
        assert "click" in loaded
        assert not loaded & heavy


def test_the_library_imports_nothing_heavy_before_it_is_used(run: Shell) -> None:
    text = "import sys, lineage; assert not {'pyarrow', 'numpy', 'click'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", text], env=run.env, check=True)


@pytest.mark.parametrize(
    "line", ["info", "shares --by origin", "tree google-bert/bert-base-uncased", "query top_bases"]
)
def test_commands_do_without_pandas(run: Shell, line: str) -> None:
    run(*line.split())  # the embedded graph is built once, and that needs pandas
    done = subprocess.run([sys.executable, "-X", "importtime", "-m", "lineage", *line.split()], env=run.env,
                          capture_output=True, text=True, check=True)  # fmt: skip
    loaded = set(re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert "pyarrow" in loaded
    assert not loaded & {"pandas.core", "networkx", "neo4j", "pyvis", "huggingface_hub"}


def examples() -> Iterator[str]:
    for _, command in ALL:
        for line in (command.help or "").splitlines():
            if line.strip().startswith("lineage "):
                yield line.strip()


SKIPPED = (
    "--open",
    "bolt://",
    "models.csv.gz",
    "folder-of-cards",
    "lineage build sample",
    "lineage shell",
    "lineage crawl",
    "--author",
    "hf://",
    "january",
    "folder-of-listings",
)


@pytest.mark.parametrize("line", sorted(set(examples())))
def test_every_example_in_the_help_runs(run: Shell, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if any(word in line for word in SKIPPED):
        # These need a browser, a server or a file; the same command is run elsewhere with one.
        ctx = main.make_context("lineage", shlex.split(line)[1:], resilient_parsing=True)
        assert ctx is not None
        return
    words = shlex.split(line.partition(" | ")[0])  # what it is piped into is another program
    # In this process: it is nearly all start-up else, and what a process adds is tried by the other tests here.
    monkeypatch.chdir(run.cwd)
    done = CliRunner().invoke(main, words[1:], env={"LINEAGE_HOME": run.env["LINEAGE_HOME"]})
    assert done.exit_code == 0, (line, done.output[-2000:])
    assert done.stdout or list(run.cwd.iterdir())


def test_build_says_what_came_in_and_out(tmp_path: Path) -> None:
    run = Shell(tmp_path / "home", tmp_path)
    done = run("build", "sample")
    for words in ("9,715 rows", "9,715 models of 2,520 publishers, 298 bases", "finetune 648, adapter 233, quantized 670, merge 248",
                  "5 models name themselves", "0 rows", "Try next"):  # fmt: skip
        assert words in done.stdout
    assert "was built before from the same input" in run("build", "sample").stdout
    assert "--force" in run("build", "sample", "--limit", "9", code=1).stderr
    assert run("build", "sample", "--force", "-q").stdout == ""


def test_json_is_one_object_with_the_snapshot(run: Shell, sample: Session) -> None:
    got = json.loads(run("intermediaries", "--frame", "gguf", "--format", "json").stdout)
    assert (got["schema"], got["command"]) == (1, "intermediaries")
    assert got["snapshot"] == sample.snapshot.header()
    assert [r["rule"] for r in got["rows"]] == ["R1", "R2", "R3", "R4", "R5", "R6"]
    assert got["options"]["frame"] == ["gguf"]
    assert list(got["rows"][0])[:9] == [
        "rule",
        "frame",
        "window",
        "basis",
        "numerator",
        "denominator",
        "share",
        "models",
        "publishers",
    ]


def test_a_pipe_gets_tsv_whole_and_remarks_go_to_stderr(run: Shell) -> None:
    done = run("rollup")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("id\tstub\town\tfull\tsplit\tprimary\tchildren\tdescendants\t")
    assert len(lines) == 21
    assert done.stderr == "showing 20 of 10,013; --all shows all, --limit N some\n"
    assert run("rollup", "-q").stderr == ""
    assert len(run("rollup", "--all").stdout.splitlines()) == 10_014
    assert (
        run("rollup", "--limit", "2", "--ids", "-q").stdout
        == "MIT/ast-finetuned-audioset-10-10-0.4593\ngoogle-bert/bert-base-uncased\n"
    )


def test_what_has_no_say_is_said(run: Shell) -> None:
    done = run("intermediaries", "--rule", "R4", "--threshold", "0.3", "--list", "all", "--fields", "rule")
    assert done.stderr == "--threshold has no say in R4\n--list has no say in R4\n"
    assert run("intermediaries", "--rule", "R1", "--rule", "R2", "--threshold", "0.3", "--list", "all").stderr == ""
    assert run("intermediaries", "--rule", "R4", LINEAGE_LIST="all").stderr == ""


def test_ids_from_stdin(run: Shell) -> None:
    done = run("rollup", "-", "--fields", "id", stdin="google-bert/bert-base-uncased\n\nopenai/clip-vit-base-patch32\n")
    assert done.stdout == "id\ngoogle-bert/bert-base-uncased\nopenai/clip-vit-base-patch32\n"


def test_what_is_asked_for_is_not_cut(run: Shell) -> None:
    assert "stdin" in run("rollup", "-", code=2, stdin="").stderr
    assert "no statement in stdin" in run("query", "-", code=2, stdin="\n").stderr
    assert len(run("rollup", "--top", "50", "--ids").stdout.splitlines()) == 50
    many = run("rollup", "--top", "30", "--ids").stdout
    assert run("rollup", "-", "--ids", stdin=many).stdout == many
    bert = run("shares", "--by", "publisher", "--where", "key~bert")
    assert len(bert.stdout.splitlines()) == 17
    assert "showing 20 of" in run("shares", "--by", "publisher", "--members").stderr
    assert "showing 3 of" in run("tree", "google-bert/bert-base-uncased", "--limit", "3").stderr


def test_remarks_say_what_a_figure_leaves_out(run: Shell) -> None:
    assert "Did you mean text-generation" in run("intermediaries", "--frame", "task:text-generatoin").stderr
    assert "folded" in run("tree", "meta-llama/Meta-Llama-3.1-8B").stderr
    assert "several bases" in run("tree", "meta-llama/Meta-Llama-3.1-8B").stderr
    assert "Did you mean gguf" in run("intermediaries", "--frame", "GGUFF", code=2).stderr
    quantized = run(
        "tree", "meta-llama/Meta-Llama-3.1-8B", "--relation", "quantized", "--all", "--fields", "relation"
    ).stdout
    assert quantized.splitlines().count("quantized") == 25


def test_a_table_without_downloads_has_trees_and_pages(run: Shell, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,base_model\na/b,\nc/d,a/b\n")
    run = Shell(tmp_path / "home", tmp_path)
    run("build", "t.csv", "--taken-at", "2024-01-01")
    assert "c/d" in run("tree", "a/b").stdout
    run("view", "family", "a/b", "-o", "f.html")
    run("view", "family", "a/b", "-o", "p.html", "--writer", "pyvis")
    assert "needs the column downloads" in run("rollup", code=2).stderr


def test_files_are_what_their_names_say(run: Shell) -> None:
    assert "names no format" in run("info", "-o", "x.xlsx", code=2).stderr
    assert "HTML" in run("view", "family", "google-bert/bert-base-uncased", "-o", "x.csv", code=2).stderr
    assert run("info", "-o", "-").stdout.startswith("models\t")
    got = run("query", "RETURN 1.0/0.0 AS x, 'a\nb' AS y", "--format", "json").stdout
    assert json.loads(got)["rows"] == [{"x": None, "y": "a\nb"}]


def test_threshold_ranges(run: Shell) -> None:
    got = json.loads(run("intermediaries", "--rule", "R2", "--threshold", "0.7:0.9:0.1", "--format", "json").stdout)
    assert [r["threshold"] for r in got["rows"]] == ["0.7", "0.8", "0.9"]
    got = json.loads(run("intermediaries", "--rule", "R2", "--threshold", "0.5:0.9:0.3", "--format", "json").stdout)
    assert [r["threshold"] for r in got["rows"]] == ["0.5", "0.8", "0.9"]
    assert "FROM:TO:STEP" in run("intermediaries", "--threshold", "0.7:0.9", code=2).stderr


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("tree google-bert/bert-base-uncasde", 3, "Did you mean google-bert/bert-base-uncased"),
        ("rollup nobody/nothing", 3, "There is no model"),
        ("view family nobody/nothing", 3, "There is no model"),
        ("info --snapshot nope", 3, "There are: sample"),
        ("query nope", 3, "lineage queries"),
        ("queries top_base", 3, "top_bases"),
        ("snapshots use nope", 3, "nope"),
        ("intermediaries --frame nope", 2, "with-lineage"),
        ("intermediaries --window all_time", 2, "downloads_all_time"),
        ("intermediaries --rule R9", 2, "R1, R2"),
        ("shares", 2, "--by"),
        ("shares --by nope", 2, "publisher, origin"),
        ("shares --by publisher --key nobodyatall", 3, "nobodyatall"),
        ("info --fields nope", 2, "There are: models"),
        ("info --format xml", 2, "'xml'"),
        ("tre x", 2, "tree"),
        ("query top_bases -p limit=many", 2, "type int"),
        ("query top_bases -p limit", 2, "name=value"),
        ("query", 2, "lineage queries"),
        ("query --file nope.cypher", 1, "There is no file"),
        ("query 'MATCH (m) DELETE m'", 1, "read"),
        ("query 'MATCH (m:Model) RETRUN m'", 2, "cannot run this statement"),
        ("build nope.csv", 1, "There is no file"),
        ("view family google-bert/bert-base-uncased --writer nope", 2, "outline, pyvis"),
        ("view family google-bert/bert-base-uncased -o no/such/folder.html", 2, "does not exist"),
        ("load bolt://127.0.0.1:1", 1, "127.0.0.1:1"),
        ("query top_bases --on bolt://127.0.0.1:1", 1, "127.0.0.1:1"),
        ("query top_bases --on http://127.0.0.1", 2, "bolt://"),
        ("neo4j start --version 1.2", 2, "5.26"),
    ],
)
def test_what_goes_wrong_ends_with_a_sentence_and_its_code(run: Shell, line: str, code: int, said: str) -> None:
    done = run(*shlex.split(line), code=code, NEO4J_PASSWORD="not-the-password")
    assert said in done.stderr
    assert done.stdout == ""
    assert "not-the-password" not in done.stderr


def test_without_a_snapshot_the_way_to_one_is_said(tmp_path: Path) -> None:
    run = Shell(tmp_path / "home", tmp_path)
    for line in (["info"], ["tree", "x"], ["query", "top_bases"]):
        assert "lineage build sample" in run(*line, code=3).stderr
    assert run("snapshots").stdout.startswith("name\t")
    assert not (tmp_path / "home").exists()


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "Error: " in Shell(tmp_path / "file" / "home", tmp_path)("build", "sample", code=1).stderr


def test_a_closed_pipe_is_no_error(run: Shell) -> None:
    line = f"{sys.executable} -m lineage rollup --all | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], env=run.env, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_interrupted_ends_with_130(tmp_path: Path) -> None:
    run = Shell(tmp_path / "home", tmp_path)
    text = "import time; from lineage import pipeline; pipeline.build = lambda *a, **k: time.sleep(60); " \
           "from lineage.commands import main; main(['build', 'sample'])"  # fmt: skip
    process = subprocess.Popen([sys.executable, "-c", text], env=run.env, stderr=subprocess.PIPE, text=True)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Interrupted" in said


def test_any_locale_and_colour_words(run: Shell) -> None:
    tree = run("tree", "meta-llama/Meta-Llama-3.1-8B", "--format", "table", LC_ALL="C", PYTHONUTF8="0").stdout
    assert "├─ " in tree
    assert "\x1b" not in tree
    assert "\x1b" not in run("info", "--format", "table", NO_COLOR="1", FORCE_COLOR="1").stdout


def test_snapshots_can_be_listed_used_and_removed(tmp_path: Path) -> None:
    run = Shell(tmp_path / "home", tmp_path)
    (tmp_path / "t.csv").write_text("id,downloads\na/b,1\n")
    for name in ("one", "two"):
        run("build", "t.csv", "--name", name, "--taken-at", "2024-01-01")
    assert "one is the current snapshot now." in run("snapshots", "use", "one").stdout
    assert run("snapshots", "--where", "current=true", "--ids").stdout == "one\n"
    run("snapshots", "remove", "one")
    assert run("snapshots", "--ids").stdout == "two\n"


def test_a_family_page_is_written_and_its_path_printed(run: Shell) -> None:
    assert (
        run("view", "family", "google-bert/bert-base-uncased").stdout == "family-google-bert--bert-base-uncased.html\n"
    )
    page = (run.cwd / "family-google-bert--bert-base-uncased.html").read_text(encoding="utf-8")
    assert "google-bert/bert-base-uncased" in page
    run("view", "family", "google-bert/bert-base-uncased", "--writer", "pyvis", "-o", "p.html")
    assert "vis" in (run.cwd / "p.html").read_text(encoding="utf-8")
