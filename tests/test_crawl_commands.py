"""`lineage crawl` and `lineage build hub` as people run them: what is printed, how it ends, how it goes on."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lineage.catalog import Catalog
from lineage.commands import main
from lineage.commands.progress import EVERY, Lines, line
from lineage.sources.outside import Progress
from lineage.sources.pace import Quota
from tests.crawling import Clock, bodies, folder_of, rows, state, timeless
from tests.faults import ROOT, wait_for
from tests.hub import Hub

pytestmark = pytest.mark.usefixtures("crawls")


def lineage(*arguments: str, code: int = 0) -> Result:
    """The command in this process."""
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == code, (arguments, done.output)
    return done


def start(*arguments: str, **env: str) -> "subprocess.Popen[str]":
    """The command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "lineage", *arguments], cwd=ROOT, env=os.environ | env,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def typed(sentence: str) -> list[str]:
    """The command at the end of a sentence, as words after `lineage`."""
    words = shlex.split(re.split("To go on: |To begin again: ", sentence)[-1])
    assert words[0] == "lineage"
    return words[1:]


def test_a_crawl_prints_one_row(hub: Hub) -> None:
    done = lineage("crawl", "--endpoint", hub.url, "--name", "c", "--format", "json")
    (row,) = json.loads(done.stdout)["rows"]
    assert list(row) == ["name", "folder", "started", "finished", "pages", "records", "size", "cards_asked", "cards_found", "requests", "waited_seconds", "seconds"]  # fmt: skip
    assert row["name"] == "c" and (row["pages"], row["records"], row["requests"]) == (10, 50, 10)
    assert row["size"] == sum(page["size"] for page in state("c")["pages"])
    assert (
        "About 3,117,871 models: 3,118 pages, at least 26 minutes (500 requests in 300 s without a token)."
        in done.stderr
    )
    assert "`lineage build sample` is the quick way" in done.stderr


def test_quiet_is_quiet(hub: Hub) -> None:
    done = lineage("crawl", "--endpoint", hub.url, "--name", "c", "-q")
    assert done.stderr == "" and done.stdout.startswith("name\tfolder")


def test_the_whole_way(hub: Hub) -> None:
    done = lineage("build", "hub", "--endpoint", hub.url, "--max-pages", "4", "--taken-at", "2026-09-20", code=4)
    assert "Stopped after 4 pages, as asked. 4 pages are kept. To go on: lineage build hub --name hub-" in done.stderr
    assert Catalog().read()["current"] is None
    done = lineage(*typed(done.stderr))
    snapshot = Catalog().open()
    assert snapshot.name.startswith("hub-2") and snapshot.taken_at == "2026-09-20" and snapshot.counts["models"] == 50
    assert snapshot.manifest["source"]["name"] == snapshot.name
    asked = len(hub.requests)
    done = lineage("build", "--endpoint", hub.url, code=1)
    assert "There is a snapshot" in done.stderr
    done = lineage("build", "--endpoint", hub.url, "--force", "--limit", "7", code=0)
    assert snapshot.name + "-first-7" == Catalog().open().name and Catalog().open().counts["models"] == 7
    assert len(hub.requests) == asked + 2
    assert Catalog().open().taken_at == state(snapshot.name + "-first-7")["started"]


def test_a_snapshot_that_is_in_the_way_is_said_before_the_crawl(hub: Hub) -> None:
    lineage("build", "sample", "--name", "c")
    assert "There is a snapshot 'c'" in lineage("build", "hub", "--endpoint", hub.url, "--name", "c", code=1).stderr
    assert "is no date" in lineage("build", "hub", "--endpoint", hub.url, "--taken-at", "junk", code=2).stderr
    assert hub.requests == []


def test_options_of_a_crawl_are_for_the_hub_alone() -> None:
    done = lineage("build", "sample", "--author", "a", "--max-pages", "3", code=2)
    assert "--author and --max-pages are for the source hub, and this one is sample." in done.stderr


def test_without_a_network_there_is_one_sentence_within_thirty_seconds() -> None:
    process = start("build", "--endpoint", "http://127.0.0.1:1", "-q")
    out, said = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert said == (
        "Error: 127.0.0.1:1 cannot be reached (no connection: [Errno 111] Connection refused). "
        "`lineage build sample` and `lineage build FILE` work without a network.\n"
    )


def test_offline_mode_is_said_at_once(hub: Hub) -> None:
    process = start("build", "--endpoint", hub.url, HF_HUB_OFFLINE="1")
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "cannot be reached (offline mode is on: HF_HUB_OFFLINE). `lineage build sample`" in said
    assert hub.requests == []


def test_a_stop_says_what_is_kept_and_how_to_go_on(hub: Hub) -> None:
    asked = ("--endpoint", hub.url, "--author", "maker-1", "--limit", "30")
    why = f"Error: The server asks to wait 11,574 days ({hub.host} asks for fewer requests (429)); more than 15 minutes are not waited. "
    hub.fail("429-1000000000")
    done = lineage("crawl", *asked, "-q", code=4)
    name = typed(done.stderr)[2]
    again = shlex.join(["lineage", "crawl", "--name", name, *asked])
    assert name.startswith("hub-maker-1-2") and name.endswith("-first-30")
    assert (done.stdout, done.stderr) == ("", f"{why}No page is kept yet. To begin again: {again}\n")
    hub.fail("429-1000000000", after=1)
    done = lineage("crawl", *asked, "-q", code=4)
    assert (done.stdout, done.stderr) == ("", f"{why}1 page is kept. To go on: {again}\n")
    lineage(*typed(done.stderr))
    assert state(name)["records"] == 6


def test_a_refusal_in_the_middle_says_what_is_kept(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    lineage("crawl", "--endpoint", hub.url, "--name", "c", "--max-pages", "2", code=4)
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    hub.token = "hf_another"
    done = lineage("crawl", "--endpoint", hub.url, "--name", "c", "-q", code=1)
    assert "check HF_TOKEN, or unset it" in done.stderr and "hf_mine" not in done.stderr
    assert done.stderr.endswith(f"2 pages are kept. To go on: lineage crawl --name c --endpoint {hub.url}\n")


# --- interrupted --------------------------------------------------------------------------------------


def interrupt(process: "subprocess.Popen[str]") -> str:
    """Ctrl-C; returns what it said."""
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130 and out == "" and "Traceback" not in said, said
    return said


def pages(folder: Path) -> int:
    return len(list(folder.glob("0*.json.zst")))


@pytest.mark.parametrize("command", ["crawl", "build hub"])
def test_ctrl_c_keeps_the_pages_and_says_the_command_that_goes_on(hub: Hub, command: str) -> None:
    hub.delay = 0.02
    process = start(*command.split(), "--endpoint", hub.url, "--name", "c")
    assert wait_for(process, lambda: pages(folder_of("c")) >= 4)
    said = interrupt(process)
    kept = len(state("c")["pages"])
    assert 3 <= kept < 10 and state("c")["finished"] is None
    assert (
        said.splitlines()[-1]
        == f"Interrupted. {kept} pages are kept. To go on: lineage {command} --name c --endpoint {hub.url}"
    )
    hub.delay = 0
    lineage(*typed(said))
    lineage("crawl", "--endpoint", hub.url, "--name", "whole")
    assert timeless("c") == timeless("whole") and bodies("c") == bodies("whole")


def test_ctrl_c_in_a_wait_and_in_a_stalled_answer(crawls: Path) -> None:
    with Hub(rows(10), page=5) as hub:
        hub.fail("503", after=1, retry_after=50)
        process = start("crawl", "--endpoint", hub.url, "--name", "c")
        assert process.stderr is not None
        for text in process.stderr:
            if text.startswith("Waiting 50 s, until "):
                break
        assert "1 page is kept. To go on: lineage crawl --name c" in interrupt(process)
        hub.fail("stall")
        asked = len(hub.requests)
        process = start("crawl", "--endpoint", hub.url, "--name", "d")
        assert wait_for(process, lambda: len(hub.requests) > asked)
        assert f"No page is kept yet. To begin again: lineage crawl --name d --endpoint {hub.url}" in interrupt(process)


# --- progress -----------------------------------------------------------------------------------------


def test_the_line_of_progress() -> None:
    quota = Quota(312, 100, 500, 300)
    assert line(Progress(1_234, 1_234_000, 3_117_871, 1_234, 1_234_000, quota, 740)) == (
        "1,234 pages · 1,234,000 of about 3,117,871 models · 100 pages/min · quota 312 of 500 · about 19 minutes left"
    )
    assert line(Progress(1, 3, None, 1, 3, Quota(0, 1, None, None), 0)) == "1 page · 3 models"
    # The first quota goes quickly, and says nothing of the time that all of it takes.
    assert line(Progress(250, 250_000, 1_750_000, 250, 250_000, Quota(250, 200, 500, 300), 75)).endswith(
        "about 12 minutes left"
    )
    assert (
        line(Progress(10, 100, 1_000, 10, 100, None, 60))
        == "10 pages · 100 of about 1,000 models · 10 pages/min · about 9 minutes left"
    )


def test_without_a_terminal_a_line_every_thirty_seconds() -> None:
    clock, said = Clock(), []
    lines = Lines(said.append, clock)
    for second in range(100):
        clock.now += 1
        lines.tell(Progress(second, second, None, second, second, Quota(0, 1, None, None), second))
    assert EVERY == 30 and [text.partition(" ")[0] for text in said] == ["29", "59", "89"]
