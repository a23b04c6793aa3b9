"""Settings: the stronger wins, a stranger's file can do nothing, and no file ends in a traceback."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage import config
from lineage.commands import main
from lineage.commands import settings as meaning
from lineage.config import home
from lineage.errors import UsageError
from lineage.session import Session

ROOT = Path(__file__).parent.parent


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder below a home folder of its own; the user file is `own/config.toml`."""
    (tmp_path / "own" / "project" / "deep").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "own"))
    monkeypatch.setenv("LINEAGE_CONFIG", str(tmp_path / "own" / "config.toml"))
    (tmp_path / "own" / "config.toml").touch()
    for name in ("LINEAGE_WINDOW", "LINEAGE_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path / "own" / "project" / "deep")
    return tmp_path / "own"


def run(*line: str) -> tuple[int, str, str]:
    """A command in this process: exit code, stdout, stderr."""
    from click.testing import CliRunner

    done = CliRunner().invoke(main, list(line))
    return done.exit_code, done.stdout, done.stderr


def shown(*before: str, code: int = 0) -> dict[str, tuple[str | None, str]]:
    ended, said, why = run(*before, "config", "show", "--origin", "--format", "json")
    assert ended == code, why
    return {row["setting"]: (row["value"], row["origin"]) for row in json.loads(said)["rows"]}


#: Who may give a value, the weakest first.
LEVELS = ("user", "project", "environment", "flag")


@pytest.mark.parametrize("chosen", range(16))
def test_the_stronger_wins(place: Path, monkeypatch: pytest.MonkeyPatch, chosen: int) -> None:
    among = [level for place_, level in enumerate(LEVELS) if chosen >> place_ & 1]
    words = {"user": "auto", "project": "always", "environment": "never", "flag": "auto"}
    if "user" in among:
        (place / "config.toml").write_text('color = "auto"')
    if "project" in among:
        (place / "project" / "lineage.toml").write_text('color = "always"')
    monkeypatch.delenv("LINEAGE_COLOR", raising=False)
    if "environment" in among:
        monkeypatch.setenv("LINEAGE_COLOR", "never")
    flags = ("--color", "auto") if "flag" in among else ()
    value, origin = shown(*flags)["color"]
    monkeypatch.delenv("LINEAGE_COLOR", raising=False)  # the command hands its choice on in it
    assert value == (words[among[-1]] if among else None)
    expected = {
        "user": f"user {place / 'config.toml'}:color",
        "project": f"project {place / 'project' / 'lineage.toml'}:color",
        "environment": "environment LINEAGE_COLOR",
        "flag": "flag",
    }
    assert origin == (expected[among[-1]] if among else "default")


def asked(*line: str) -> dict[str, Any]:
    """What a command is called with, without running it."""
    seen: dict[str, Any] = {}
    with main.make_context("lineage", list(line)) as ctx:
        name, command, rest = main.resolve_command(ctx, [*ctx._protected_args, *ctx.args])
        assert command is not None
        with command.make_context(name, rest, parent=ctx) as inner:
            seen = dict(inner.params)
    return seen


def test_options_of_one_command(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "config.toml").write_text('window = "all_time"\n[rollup]\ntop = 50\nwindow = "under_1y"\nframe = "gguf"\n')
    assert {n: v for n, v in asked("rollup").items() if n in ("top", "window", "frame")} == {
        "top": 50, "window": "under_1y", "frame": ("gguf",)}  # fmt: skip
    assert asked("rollup", "--top", "3", "--window", "30d")["top"] == 3
    assert asked("shares", "--by", "task")["window"] == "all_time"
    # The project is stronger as a whole, the environment than both.
    (place / "project" / "lineage.toml").write_text('window = "30d"\nframe = ["gguf", "with-lineage"]\n')
    assert asked("rollup")["window"] == "30d"
    assert asked("rollup")["frame"] == ("gguf", "with-lineage")
    monkeypatch.setenv("LINEAGE_WINDOW", "all_time")
    assert asked("rollup")["window"] == "all_time"


def test_words_that_there_are_not_are_shown_where_one_looks(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(place / "home"))
    right = 'window = "30d"\nframe = ["gguf", "task:any"]\nlist = "all"\n[report]\nformat = "html"\n[rank]\nbasis = "stated"\n'
    (place / "config.toml").write_text(right)
    assert run("config", "show")[0] == 0
    (place / "config.toml").write_text(
        'window = "9d"\nframe = ["gguf", "nofault:x", "task:"]\n[rank]\nbasis = "foo"\n[flows]\nlist = "no-list"\n'
    )
    monkeypatch.setenv("LINEAGE_OWNER", "accont")
    monkeypatch.setenv("LINEAGE_FORMAT", "xml")
    code, said, why = run("config", "show", "--format", "json")
    assert code == 2
    assert [row["value"] for row in json.loads(said)["rows"] if row["setting"] == "window"] == ["9d"]
    file = place / "config.toml"
    for sentence in (f"{file}:window: there is no window '9d'", f"{file}:frame: there is no frame 'nofault:x'",
                     f"{file}:frame: there is no frame 'task:'", f"{file}:rank.basis: there is no basis 'foo'",
                     f"{file}:flows.list: There is no list", "LINEAGE_OWNER: there is no owner 'accont'. Did you mean account",
                     "LINEAGE_FORMAT: format: 'xml'"):  # fmt: skip
        assert sentence in why
    rows = json.loads(run("doctor", "--format", "json")[1])["rows"]
    said_there = [row["says"] for row in rows if (row["check"], row["state"]) == ("settings", "bad")]
    assert len(said_there) == 7, said_there


def test_every_option_of_a_shared_name_hears_the_setting() -> None:
    """One that means something else is told here."""
    own = {("rank", "on"), ("report", "format"), ("report", "snapshot"), ("shell", "format"), ("trend", "snapshot")}
    known = meaning.shared(main)
    deaf = {(" ".join(path), name) for path, command in meaning.walk(main)
            for name, option in meaning.options_of(command).items() if name in known and not option.envvar}  # fmt: skip
    assert deaf == own


#: Settings that are meant for other questions, a line that they have no say in, what is remarked, and the same typed.
IDLE = (
    ('window = "all_time"\nframe = "gguf"', "rank", "frame and window of your settings have no say in pagerank of models",
     "rank --frame gguf"),
    ('owner = "account"', "rank --on publishers", "owner of your settings has no say in pagerank of publishers",
     "rank --owner account"),
    ('[rank]\nweights = "discounted"', "rank --metric reach", "weights of your settings has no say in reach of models",
     "rank --metric reach --weights discounted"),
    ('basis = "stated"', "export tables --as parquet", "", "export elsewhere --as parquet --basis stated"),
)  # fmt: skip


@pytest.mark.parametrize(("file", "line", "remark", "typed"), IDLE, ids=[line for _, line, _, _ in IDLE])
def test_a_setting_for_other_questions_is_no_mistake(
    place: Path, monkeypatch: pytest.MonkeyPatch, sample: Session, file: str, line: str, remark: str, typed: str
) -> None:
    monkeypatch.setenv("LINEAGE_HOME", str(sample.catalog.root))
    (place / "config.toml").write_text(file)
    code, _, why = run(*line.split())
    assert code == 0, why
    assert remark in why
    code, _, why = run(*typed.split())  # what is typed is meant
    assert code == 2
    assert "eave" in why
    if not file.startswith("["):
        (place / "config.toml").write_text("")
        for setting in file.split("\n"):
            name, value = setting.split(" = ")
            monkeypatch.setenv(f"LINEAGE_{name.upper()}", value.strip('"'))
        code, _, why = run(*line.split(), *(["--force"] if line.startswith("export") else []))
        assert code == 0, why
        assert remark in why


def test_the_owner_of_the_settings_is_that_of_brokerage(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """google and google-bert are one house, and two accounts."""
    rows = [{"id": "google/b"}, {"id": "google-bert/x", "tags": ["base_model:google/b"]},
            {"id": "c/z", "tags": ["base_model:google-bert/x"]}]  # fmt: skip
    (place / "own.jsonl").write_text("".join(json.dumps(row | {"downloads": 1}) + "\n" for row in rows))
    monkeypatch.setenv("LINEAGE_HOME", str(place / "home"))
    code, _, why = run("build", str(place / "own.jsonl"), "--taken-at", "2024-09-20")
    assert code == 0, why
    line = ("rank", "--on", "publishers", "--metric", "brokerage", "--format", "json", "--limit", "1")

    def role() -> list[str]:
        (row,) = json.loads(run(*line)[1])["rows"]
        return [name for name, pairs in row.items() if pairs == 1 and name != "brokerage"]

    assert role() == ["gatekeeper"]
    monkeypatch.setenv("LINEAGE_OWNER", "account")
    assert role() == ["liaison"]


def test_a_table_in_pyproject_and_where_the_search_ends(place: Path) -> None:
    (place / "project" / "pyproject.toml").write_text('[tool.lineage]\nwindow = "all_time"\n')
    assert shown()["window"] == ("all_time", f"project {place / 'project' / 'pyproject.toml'}:window")
    # A file of another program, nearer, is passed over, even a damaged one.
    (place / "project" / "deep" / "pyproject.toml").write_text("[tool.ruff]\nline-length = [")
    assert shown()["window"][0] == "all_time"
    (place / "project" / "deep" / "lineage.toml").write_text("")
    assert shown()["window"] == ("30d", "default")
    (place / "project" / "deep" / "lineage.toml").unlink()
    (place / "project" / "pyproject.toml").unlink()
    # The user's own folder is the last one.
    (place.parent / "lineage.toml").write_text('window = "all_time"')
    assert shown()["window"] == ("30d", "default")
    (place / "lineage.toml").write_text('window = "under_1y"')
    assert shown()["window"][0] == "under_1y"
    _, said, _ = run("config", "path")
    assert [line.split("\t")[::2] for line in said.splitlines()[1:]] == [
        ["project", "not there"], ["project", "no [tool.lineage] in it"], ["project", "not there"],
        ["project", "not there"], ["project", "read"], ["user", "read"]]  # fmt: skip


FORBIDDEN = (
    'home = "/tmp/x"', 'queries = "/tmp/x"', 'endpoint = "http://evil.invalid"', 'on = "bolt://evil.invalid"',
    'log-file = "/tmp/x"', 'snapshot = "s3://evil/x"', 'snapshot = "../x"', 'snapshot = "/etc"', 'list = "~/x"',
    'list = "a/../../b"', 'snapshot = "\\\\\\\\host\\\\share"', "[info]\noutput = 'x'", "[query]\non = 'bolt://evil'",
    "[query]\nfile = 'x'", "[query]\nparam = ['a=@/etc/passwd']", "[query]\ninsecure = true", "[query]\nview = 'x'",
    "[load]\nprune = true", "[build]\nforce = true", "[crawl]\nendpoint = 'http://evil'", "[trend]\nscheduler = 'tcp://x'",
    "[export]\nsafe-csv = false", "[view.family]\nopen = true", "[report]\noutput = '/tmp/x'", "[neo4j.start]\nport = 1",
    "[intermediaries]\nlist = '/etc/passwd'", "[info]\nsafe_csv = false", "verbose = 2",
)  # fmt: skip


@pytest.mark.parametrize("text", FORBIDDEN)
def test_what_a_project_may_not_set(place: Path, text: str) -> None:
    path = place / "project" / "lineage.toml"
    path.write_text(text)
    code, said, why = run("queries")
    assert (code, said) == (2, "")
    assert str(path) in why and ("project file may not set" in why or "of a project file is a name" in why)
    assert len(why.splitlines()) == 1
    path.unlink()
    # The user may set most of it: of the same words, none is refused for where it stands.
    (place / "config.toml").write_text(text)
    assert "project" not in run("config", "show")[2].replace(str(place), "")


def test_no_option_that_writes_or_reaches_is_open_to_a_project() -> None:
    """By what an option takes: no path but `list`'s, no address, no flag that does more than choose rows."""
    closed = re.compile(r"FILE|URI|URL|PATH|DIR|ADDRESS|SIZE")
    for path, command in meaning.walk(main):
        for name, option in meaning.options_of(command).items():
            if name in meaning._ONE and name not in ("snapshot", "list"):
                assert not isinstance(option.type, click.Path), (path, name)
                assert not closed.search(option.metavar or ""), (path, name)
    assert meaning._SHARED <= meaning._ONE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("windw = 'x'", "no setting 'windw'. Did you mean window?"),
        ("[rolup]\ntop = 5", "no command or setting 'rolup'. Did you mean rollup?"),
        ("[rollup]\ntpo = 5", "rollup has no option 'tpo'. Did you mean top?"),
        ("[rollup]\ntop = '5'", "rollup.top takes a whole number, not '5'"),
        ("[rollup]\ntop = true", "rollup.top takes a whole number, not True"),
        ("[rollup]\ntop = 0", "rollup.top: 0 is not in the range"),
        ("[rollup]\nmembers = 1", "rollup.members takes true or false, not 1"),
        ("window = 30", "window takes text in quotes, not 30"),
        ("format = 'xml'", "format: 'xml' is not one of"),
        ("[rollup.top]\nx = 1", "rollup.top takes a whole number"),
        ("a = 1\nb = [\n", "is not TOML: "),
        ("NEO4J_PASSWORD = 'x'", "secrets are never settings"),
        ("[query]\ntoken = 'x'", "secrets are never settings"),
        ("on = 'bolt://neo4j:Sesame@h'", "holds a user name or password"),
        ("home = 'here'", "home takes a whole path"),
        ("home = 3", "home takes text in quotes"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(place: Path, text: str, said: str) -> None:
    path = place / "config.toml"
    path.write_text(text)
    code, out, why = run("queries")
    assert (code, out) == (2, "")
    assert said in why and str(path) in why and len(why.splitlines()) == 1
    assert "Sesame" not in why
    # What explains it works all the same.
    code, out, why = run("config", "show")
    assert code == 2 and "window" in out and said in why
    assert run("doctor", "--format", "json")[0] in (0, 1)
    assert run("queries", "--help")[0] == 0


def test_a_damaged_file_is_said_with_its_line(place: Path) -> None:
    path = place / "project" / "lineage.toml"
    for data, said in (
        (b'window = "30d"\nx = \n', "line 2"),
        (b'a = "b"\n\n# \xff\n', "line 3"),
        (b"a = " + b"[" * 50_000, "nested too deeply"),
        (b"#" * (1 << 20) + b"\n", "more than a million bytes"),
    ):
        path.write_bytes(data)
        code, _, why = run("queries")
        assert code == 2 and said in why and str(path) in why and "Traceback" not in why
    path.unlink()
    os.mkfifo(path)  # nobody writes into it: no command waits
    assert run("queries")[0] == 0


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda t: t.encode("utf-8", "replace")))
@settings(max_examples=150, deadline=None)
def test_no_file_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "lineage.toml").write_bytes(data)
    found = config.project(folder)
    assert found is not None
    made = meaning.Settings([found])
    assert all("\n" not in p for p in made.problems)
    assert found.problem is None or found.values == {}


def test_a_word_that_no_command_knows_is_traced_to_its_file(place: Path, sample: Any) -> None:
    (place / "project" / "lineage.toml").write_text('window = "60d"\n')
    ended = subprocess.run([sys.executable, "-m", "lineage", "shares", "--by", "task", "--snapshot", str(sample.snapshot.folder)],
                           env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)  # fmt: skip
    assert ended.returncode == 2
    assert f"That stands in {place / 'project' / 'lineage.toml'}:window" in ended.stderr


def test_the_home_of_the_user_file_is_that_of_the_package_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LINEAGE_HOME")
    (place / "config.toml").write_text('home = "~/there"')
    assert home() == place / "there"
    assert shown()["home"] == ("~/there", f"user {place / 'config.toml'}:home")
    (place / "config.toml").write_text("home = [")
    with pytest.raises(UsageError, match="is not TOML"):
        home()
    (place / "config.toml").unlink()
    with pytest.raises(UsageError, match="LINEAGE_CONFIG names"):
        home()


def test_every_variable_that_the_program_knows_is_shown(place: Path) -> None:
    text = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "lineage").rglob("*.py"))
    # Those with a dash before them are said by the scripts of completion, not by people.
    known = set(re.findall(r"\bLINEAGE_[A-Z][A-Z_]*\b", text))
    rows = shown()
    assert known and {n for n in known if meaning.variable(n) not in rows} == set()
    foreign = set(re.findall(r'"(NEO4J_[A-Z_]+)"', text)) - {"NEO4J_HOME", "NEO4J_CONF"}
    assert foreign <= rows.keys()
    page = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    assert [
        n for n in rows if "." not in n and n != "config" and not n.startswith(("NEO", "HF")) and f"`{n}`" not in page
    ] == []


def test_secrets_are_only_said_to_be_set(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "Sesame-1")
    monkeypatch.setenv("HF_TOKEN", "hf_Sesame2Sesame2Sesame2")
    monkeypatch.setenv("LINEAGE_ON", "bolt://neo4j:Sesame-3@127.0.0.1")
    for form in ("table", "json", "jsonl", "csv", "tsv", "markdown"):
        code, said, why = run("config", "show", "--origin", "--format", form)
        assert code == 0 and "Sesame" not in said + why
    assert shown()["NEO4J_PASSWORD"] == ("set", "environment NEO4J_PASSWORD")
    assert shown()["on"][0] == "bolt://127.0.0.1"
    monkeypatch.delenv("HF_TOKEN")
    assert shown()["HF_TOKEN"] == ("not set", "default")


def test_a_value_that_is_no_text_is_shown(place: Path) -> None:
    """In a process of its own: here the surroundings hold bytes."""
    surroundings = {os.fsencode(k): os.fsencode(v) for k, v in os.environ.items()} | {b"LINEAGE_HOME": b"/tmp/h\xff"}
    line = [sys.executable, "-m", "lineage", "config", "show", "--origin", "--format", "json"]
    done = subprocess.run(line, cwd=ROOT, env=surroundings, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = {row["setting"]: row["value"] for row in json.loads(done.stdout)["rows"]}
    assert rows["home"] == "/tmp/h\\xff" and rows["window"]
