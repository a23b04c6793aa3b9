"""Tables that lie on the Hub as data sets: which files are meant, how they come here, what is said where they do not."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from lineage.catalog import Catalog
from lineage.commands import main
from lineage.errors import LineageError, NotFound, SourceError, UsageError
from lineage.pipeline import build
from lineage.sources import bulk
from lineage.sources.address import Address, date_in, is_address, parse
from lineage.sources.dataset import _licence
from tests.crawling import TOKEN
from tests.drift import models
from tests.hub import Hub

STATS, WEEKLY, OTHER = "cfahlgren1/hub-stats", "hfmlsoc/hub_weekly_snapshots", "some-one/tables"
LICENCES = {STATS: "apache-2.0", WEEKLY: "odbl"}


def table(path: Path, count: int = 14) -> Path:
    """A table of models, the more the larger; its last change was on 2026-10-03."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{k: v for k, v in row.items() if k in ("id", "downloads", "tags", "createdAt")} for row in models(count)]
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    os.utime(path, (1_791_000_000, 1_791_000_000))
    return path


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """Three data sets: the daily one, the weekly one, and one of anybody's."""
    table(tmp_path / "stats" / "models.parquet")
    for kind in ("datasets", "spaces", "posts"):
        table(tmp_path / "stats" / f"{kind}.parquet")
    for place, day in enumerate(("2026-09-16", "2026-09-23", "2026-09-30")):
        table(tmp_path / "weekly" / "models" / day / "models.parquet", 8 + place)
        table(tmp_path / "weekly" / "datasets" / day / "datasets.parquet")
    table(tmp_path / "other" / "a" / "part-0.parquet", 9)
    table(tmp_path / "other" / "a" / "part-1.jsonl", 14)
    (tmp_path / "other" / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    (tmp_path / "other" / "a" / ".hidden.csv").write_text("id\na/b\n", encoding="utf-8")
    (tmp_path / "other" / "a" / "dataset_infos.json").write_text("{}", encoding="utf-8")
    return tmp_path


@pytest.fixture
def hub(served: Path, crawls: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub that has them."""
    sets = {STATS: served / "stats", WEEKLY: served / "weekly", OTHER: served / "other"}
    with Hub([], datasets=sets, licences=LICENCES, quota=None) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


def found(source: str, home: Path, say: Callable[[str], None] = lambda text: None) -> bulk.Bulk:
    """What an address means; nobody sleeps."""
    return bulk.find(source, home, say=say, sleep=lambda seconds: None)


def fetched(hub: Hub) -> list[str]:
    """The files that were asked for, in their order."""
    return [r.path.partition("/resolve/")[2].partition("/")[2] for r in hub.requests if "/resolve/" in r.path]


# --- addresses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "address"),
    [
        (f"hf://datasets/{STATS}", Address(STATS)),
        (f"hf://datasets/{STATS}@refs/convert/parquet", Address(STATS, "refs/convert/parquet")),
        (f"hf://datasets/{STATS}@refs%2Fpr%2F7/models.parquet", Address(STATS, "refs/pr/7", "models.parquet")),
        (f"hf://datasets/{WEEKLY}@2026-09-30", Address(WEEKLY, date="2026-09-30")),
        ("hf://datasets/HFMLSOC/hub_weekly_snapshots@2026-09-30", Address("HFMLSOC/" + WEEKLY[8:], date="2026-09-30")),
        (f"hf://datasets/{WEEKLY}@main", Address(WEEKLY, "main")),
        ("hf://datasets/a/b@2026-09-30/c/d.csv", Address("a/b", "2026-09-30", "c/d.csv")),
        ("hf://datasets/a/b/c/", Address("a/b", None, "c")),
    ],
)
def test_what_an_address_means(source: str, address: Address) -> None:
    assert is_address(source) and parse(source) == address


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("hf://models/a/b", "names a model"),
        ("hf://a/b", "names a model"),
        ("hf://spaces/a/b", "names a space"),
        ("hf://buckets/a/b", "names a bucket"),
        ("hf://", "no address"),
        ("hf:/datasets/a/b", "no address"),
        ("HF://datasets/a/b", "no address"),
        ("hf://datasets/a", "no address"),
        ("hf://datasets/a/b@", "no address"),
        ("hf://datasets/a/b//c", "no address"),
        ("hf://datasets/a/b/../../c", "cannot be one of a data set"),
        ("hf://datasets/a/b/c:d", "cannot be one of a data set"),
        (f"hf://datasets/{WEEKLY}@2026-02-30", "no date"),
        (f"hf://datasets/{WEEKLY}@2026-09-30/models", "leave out /models"),
        (f"hf://datasets/{STATS}/spaces.parquet", "holds spaces, and no models"),
        (f"hf://datasets/{WEEKLY}/datasets/2026-09-30", "holds datasets, and no models"),
    ],
)
def test_what_is_no_address_is_said_before_anybody_is_asked(source: str, said: str, tmp_path: Path) -> None:
    assert is_address(source)
    with pytest.raises(UsageError, match=said):
        build(source, catalog=Catalog(tmp_path))


def test_the_date_in_a_path() -> None:
    assert date_in("models/2026-09-30/models.parquet") == "2026-09-30"
    assert date_in("2020-01-01/to-2021-02-03.csv") == "2021-02-03"
    assert date_in("2020-01-01/2021-02-30.csv") == "2020-01-01"
    assert date_in("models-12024-01-01.csv") is None and date_in("x") is None


# --- which files are meant ----------------------------------------------------------------------------


def test_the_daily_table(hub: Hub, served: Path, crawls: Path) -> None:
    said: list[str] = []
    made = build(f"hf://datasets/{STATS}", say=said.append)
    manifest = made.snapshot.manifest
    assert made.snapshot.name == "hub-stats-2026-10-03"
    assert (manifest["taken_at"], manifest["taken_at_inferred"]) == ("2026-10-03", True)
    assert made.dated == "the day of the last change to it" and made.files == 1
    commit = next(r.path for r in hub.requests if "/resolve/" in r.path).split("/")[5]
    assert manifest["source"]["name"] == f"datasets/{STATS}/models.parquet@{commit[:7]}"
    assert manifest["source"]["licence"] == "apache-2.0"
    text = (made.snapshot.folder / "manifest.json").read_text(encoding="utf-8")
    assert str(crawls) not in text and "127.0.0.1" not in text and "http" not in text
    assert any("not about models: datasets.parquet, posts.parquet, spaces.parquet" in s for s in said)
    direct = build(str(served / "stats" / "models.parquet"), name="direct", taken_at="2026-10-03")
    assert direct.snapshot.manifest["tables"] == manifest["tables"]
    assert direct.snapshot.manifest["source"]["sha256"] == manifest["source"]["sha256"]
    found(f"hf://datasets/{STATS}", crawls).fetch()  # it is here
    assert fetched(hub) == ["models.parquet"]
    # A name that is taken is said before anything is fetched; another revision is another file.
    table(served / "stats" / "models.parquet", 5)
    with pytest.raises(LineageError, match="There is a snapshot 'hub-stats-2026-10-03'"):
        build(f"hf://datasets/{STATS}")
    assert fetched(hub) == ["models.parquet"]
    later = bulk.find(f"hf://datasets/{STATS}", crawls, "2026-10-05T07:00:00Z")
    later.fetch()
    assert later.origin.name == "hub-stats-2026-10-05"
    assert fetched(hub) == ["models.parquet"] * 2


def test_the_weekly_tables(hub: Hub, crawls: Path) -> None:
    newest = found(f"hf://datasets/{WEEKLY}", crawls).origin
    assert (newest.name, newest.taken_at, newest.dated) == ("hub-weekly-2026-09-30", "2026-09-30", None)
    assert newest.licence == "odbl" and newest.hub_stats
    made = build(f"hf://datasets/{WEEKLY}@2026-09-23")
    assert made.snapshot.name == "hub-weekly-2026-09-23" and made.snapshot.counts["models"] == 9
    assert not made.snapshot.manifest["taken_at_inferred"] and fetched(hub) == ["models/2026-09-23/models.parquet"]
    for path in ("models/2026-09-16/models.parquet", "models/2026-09-16"):
        origin = found(f"hf://datasets/{WEEKLY}/{path}", crawls).origin
        assert origin.name == "hub-weekly-2026-09-16" and origin.source is not None
        assert origin.source.startswith(f"datasets/{WEEKLY}/models/2026-09-16/models.parquet@")


def test_any_data_set_and_only_what_changed_is_fetched_again(hub: Hub, served: Path, crawls: Path) -> None:
    made = build(f"hf://datasets/{OTHER}")
    manifest = made.snapshot.manifest
    assert made.snapshot.name == "tables" and made.files == 2 and made.missing == {}
    assert manifest["source"]["licence"] is None and manifest["source"]["name"].startswith(f"datasets/{OTHER}@")
    assert fetched(hub) == ["a/part-0.parquet", "a/part-1.jsonl"]
    same = build(str(served / "other" / "a"), name="same", taken_at=made.snapshot.taken_at)
    assert same.snapshot.manifest["tables"] == manifest["tables"]
    table(served / "other" / "a" / "part-1.jsonl", 20)
    folder = found(f"hf://datasets/{OTHER}/a", crawls)
    folder.fetch()
    names = ["part-0.parquet", "part-1.jsonl"]
    assert [p.name for p in sorted(folder.origin.path.iterdir())] == names
    assert all((folder.origin.path / n).read_bytes() == (served / "other" / "a" / n).read_bytes() for n in names)
    assert fetched(hub) == ["a/part-0.parquet", "a/part-1.jsonl", "a/part-1.jsonl"]
    origin = found(f"hf://datasets/{OTHER}/a/part-0.parquet", crawls).origin
    assert (
        origin.path.name == "part-0.parquet"
        and origin.source == f"datasets/{OTHER}/a/part-0.parquet@" + str(origin.source)[-7:]
    )


def test_a_mirror_and_the_hubs_own_conversion(served: Path, crawls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("0000", "0001"):
        table(served / "converted" / "models" / "train" / f"{part}.parquet", 5 + int(part))
        table(served / "converted" / "datasets" / "train" / f"{part}.parquet")
    sets = {STATS: {"main": served / "stats", "refs/convert/parquet": served / "converted"}, "a/copy": served / "stats"}
    with Hub([], datasets=sets) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        copy = found("hf://datasets/a/copy", crawls)
        assert [f.path for f in copy.files] == ["models.parquet"] and copy.origin.name == "copy"
        assert copy.origin.hub_stats
        converted = found(f"hf://datasets/{STATS}@refs/convert/parquet", crawls)
        assert [f.path for f in converted.files] == ["models/train/0000.parquet", "models/train/0001.parquet"]
        assert converted.origin.name.startswith("hub-stats-20")


@pytest.mark.parametrize(
    ("source", "kind", "said"),
    [
        (f"hf://datasets/{STATS}@mian", NotFound, "has no revision 'mian'. Did you mean main? There are: main."),
        (f"hf://datasets/{STATS}/modles.parquet", NotFound, "There are: datasets.parquet, models.parquet, posts"),
        (f"hf://datasets/{OTHER}/a/b/c.csv", NotFound, "no 'b' in some-one/tables/a. There are: .hidden.csv, dataset_"),
        (
            f"hf://datasets/{WEEKLY}@2026-09-20",
            NotFound,
            "The nearest: 2026-09-16 and 2026-09-23; there are 3, from 2026-09-16 to 2026-09-30.",
        ),
        (f"hf://datasets/{WEEKLY}@2020-01-01", NotFound, "The nearest: 2026-09-16; there are 3"),
        ("hf://datasets/cfahlgren1/hubstats", NotFound, "Did you mean cfahlgren1/hub-stats?"),
        ("hf://datasets/nobody/nothing", NotFound, "has no data set nobody/nothing, or it is a private one"),
        (f"hf://datasets/{OTHER}/README.md", SourceError, "README.md of some-one/tables is no table: those end in"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(
    hub: Hub, crawls: Path, source: str, kind: type[LineageError], said: str
) -> None:
    with pytest.raises(kind) as missing:
        found(source, crawls)
    assert said in str(missing.value)


def test_data_sets_without_tables(served: Path, crawls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (served / "none").mkdir()
    (served / "none" / "README.md").write_text("nothing", encoding="utf-8")
    with Hub([], datasets={STATS: served / "none", "a/none": served / "none", WEEKLY: served / "other"}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        for source, kind, said in (
            (STATS, NotFound, "no models.parquet and no folder models. There are: README.md."),
            ("a/none", SourceError, "a/none holds 1 files, none of them a table"),
            (f"{WEEKLY}@2026-09-30", NotFound, "has no dated folders"),
        ):
            with pytest.raises(kind, match=said):
                found(f"hf://datasets/{source}", crawls)


def test_the_licence_is_that_of_the_card_or_else_of_the_tags() -> None:
    def licence(card: dict[str, Any] | None, tags: list[Any] | None = None) -> str | None:
        return _licence(SimpleNamespace(card_data=card and SimpleNamespace(to_dict=lambda: card), tags=tags))

    assert licence({"license": "odbl"}, ["license:mit"]) == "odbl"
    assert licence({"license": ["mit", "odbl", 5, "mit"]}) == "mit, odbl"
    assert licence({"license": "other", "license_name": "my-own"}) == "my-own"
    assert licence({"license": 5}, ["x", "license:mit", None]) == licence(None, ["license:mit"]) == "mit"
    assert licence({}) is None and licence(None, None) is None
    assert licence({"license": "m\x1b[31mit" + "x" * 300}) == "m\ufffd[31mit" + "x" * 92


# --- the command --------------------------------------------------------------------------------------


def test_the_command_and_how_it_ends(hub: Hub, served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lineage(*arguments: str, code: int) -> str:
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == code, done.output
        return done.output

    said = lineage("build", f"hf://datasets/{WEEKLY}", code=0)
    assert "Snapshot      hub-weekly-2026-09-30, taken at 2026-09-30\n" in said and "Licence       odbl\n" in said
    assert "Missing       downloadsAllTime (no windows all_time and under_1y); likes (" in said
    assert "Fetching models.parquet of hfmlsoc/hub_weekly_snapshots, 0.0 MB …" in said
    assert "--endpoint" in lineage("build", f"hf://datasets/{STATS}", "--endpoint", hub.url, code=2)
    lineage("build", "hf://a/b", code=2)
    lineage("build", f"hf://datasets/{WEEKLY}@2026-09-29", code=3)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    said = lineage("build", f"hf://datasets/{WEEKLY}@2026-09-16", code=1)
    assert "to be fetched and the disk has 0.0 MB left. Make room, or set LINEAGE_HOME" in said


def test_the_token_goes_to_no_other_host(hub: Hub, crawls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with Hub([], datasets={STATS: crawls.parent / "stats"}, quota=None) as store:
        table_ = found(f"hf://datasets/{STATS}", crawls)
        hub.fail("redirect", path="*/resolve/*", to=store.url)
        table_.fetch()
        assert fetched(store) == ["models.parquet"] == fetched(hub)
        assert all("authorization" not in r.headers for r in store.requests)
    assert all(r.headers["authorization"] == f"Bearer {TOKEN}" for r in hub.requests)
    hub.token = "hf_another"
    with pytest.raises(SourceError, match="does not accept the token: check HF_TOKEN"):
        found(f"hf://datasets/{STATS}", crawls)
