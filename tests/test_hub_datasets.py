"""READMEs and data sets of the local Hub, read with the real huggingface_hub."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.hub import Hub
from tests.hub.client import ask

SAMPLES = Path(__file__).resolve().parent.parent / "lineage" / "data" / "samples"
STATS = "cfahlgren1/hub-stats"
CARD = "---\nlicense: mit\n---\n# Größe: 7 °C\n"


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """huggingface_hub with a home of its own, without a token, and with no word to anybody else."""
    import huggingface_hub
    from huggingface_hub import constants

    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    huggingface_hub.close_session()
    yield
    huggingface_hub.close_session()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "set"
    (found / "models" / "2025-08-25").mkdir(parents=True)
    shutil.copy(SAMPLES / "sample.parquet", found / "models.parquet")
    shutil.copy(SAMPLES / "sample-gguf.parquet", found / "models" / "2025-08-25" / "models.parquet")
    (found / "README.md").write_text("About it.\n", encoding="utf-8")
    (found / "empty.txt").touch()
    return found


@pytest.fixture
def hub(folder: Path) -> Iterator[Hub]:
    models = [
        {"id": "a/card", "gated": False, "readme": CARD},
        {"id": "a/gated", "gated": "auto", "readme": CARD},
        {"id": "a/none", "gated": False},
    ]
    with Hub(
        models, datasets={STATS: folder}, licences={STATS: "apache-2.0"}, readmes={"A/given": "x", "a/none": ""}, page=2
    ) as hub:
        yield hub


def test_the_file_system_lists_finds_and_reads(hub: Hub, folder: Path, tmp_path: Path) -> None:
    from huggingface_hub import HfFileSystem

    files = HfFileSystem(endpoint=hub.url, skip_instance_cache=True)
    root = f"datasets/{STATS}"
    here = sorted(p.name for p in folder.iterdir())
    assert sorted(files.ls(root, detail=False)) == [f"{root}/{name}" for name in here]
    tables = ["models.parquet", "models/2025-08-25/models.parquet"]
    assert files.glob(f"{root}/**/*.parquet") == [f"{root}/{t}" for t in tables]
    assert files.glob(f"{root}@main/**/*.parquet") == [f"{root}@main/{t}" for t in tables]
    for table in tables:
        data = (folder / table).read_bytes()
        info = files.info(f"{root}/{table}", expand_info=True)
        assert (info["size"], info["type"]) == (len(data), "file")
        assert info["lfs"].size == len(data) and info["last_commit"].date.tzinfo is not None
        with files.open(f"{root}/{table}") as opened:
            opened.seek(len(data) - 8)
            assert opened.read() == data[-8:]
        assert pq.read_table(f"{root}/{table}", filesystem=files).equals(pq.read_table(folder / table))
        files.get_file(f"{root}/{table}", str(tmp_path / "copy"))
        assert (tmp_path / "copy").read_bytes() == data
    with files.open(f"{root}/models.parquet", block_size=0) as stream:
        assert stream.read(4) == b"PAR1"
    assert files.read_text(f"{root}/README.md") == "About it.\n" and files.cat(f"{root}/empty.txt") == b""
    with pytest.raises(FileNotFoundError):
        files.info(f"{root}/gone.parquet")
    with pytest.raises(FileNotFoundError):
        files.ls(f"datasets/{STATS}@gone")
    with pytest.raises(FileNotFoundError):
        HfFileSystem(endpoint=hub.url, token="hf_some", skip_instance_cache=True).ls("datasets/nobody/nothing")
    assert any("cursor" in r.query and "/tree/" in r.path for r in hub.requests)  # it went from page to page
    assert any(r.headers.get("range") for r in hub.requests)


def test_the_api_says_what_a_data_set_is(hub: Hub, folder: Path) -> None:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=hub.url)
    info = api.dataset_info(STATS)
    assert (info.id, info.author, info.card_data["license"]) == (STATS, "cfahlgren1", "apache-2.0")
    assert info.tags == ["license:apache-2.0"] and info.sha and len(info.sha) == 40
    assert [s.rfilename for s in info.siblings or ()] == sorted(
        str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()
    )
    assert api.dataset_info(STATS, revision=info.sha).sha == info.sha
    assert api.list_repo_commits(STATS, repo_type="dataset")[0].commit_id == info.sha
    assert api.list_repo_refs(STATS, repo_type="dataset").branches[0].target_commit == info.sha
    (folder / "empty.txt").write_text("no more", encoding="utf-8")
    assert api.dataset_info(STATS).sha != info.sha


def test_a_data_set_has_the_revisions_that_it_is_given(folder: Path) -> None:
    from huggingface_hub import HfFileSystem

    given = {"main": folder, "refs/convert/parquet": folder / "models"}
    with Hub([], datasets={STATS: given}) as hub:
        files = HfFileSystem(endpoint=hub.url, skip_instance_cache=True)
        path = f"datasets/{STATS}@refs/convert/parquet/2025-08-25/models.parquet"
        assert pq.read_metadata(path, filesystem=files).num_rows == 3805
        assert ask(hub, f"/api/datasets/{STATS}").json["cardData"] == {}
        converts = ask(hub, f"/api/datasets/{STATS}/refs").json["converts"]
        assert [(c["name"], c["ref"]) for c in converts] == [("parquet", "refs/convert/parquet")]


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("bytes=0-3", 206, "bytes 0-3/10"),
        ("bytes=4-", 206, "bytes 4-9/10"),
        ("bytes=-2", 206, "bytes 8-9/10"),
        ("bytes=5-500", 206, "bytes 5-9/10"),
        ("bytes=10-", 416, "bytes */10"),
        ("bytes=-", 200, None),
        ("lines=1-2", 200, None),
    ],
)
def test_ranges(hub: Hub, asked: str, status: int, said: str | None) -> None:
    seen = ask(hub, f"/datasets/{STATS}/resolve/main/README.md", Range=asked)
    assert (seen.status, seen.headers.get("content-range")) == (status, said)
    if status == 206 and said:
        first, last = said.split(" ")[1].split("/")[0].split("-")
        assert seen.body == b"About it.\n"[int(first) : int(last) + 1]


def test_nothing_outside_of_the_folder_is_served(hub: Hub, folder: Path) -> None:
    (folder.parent / "secret.txt").write_text("x", encoding="utf-8")
    for path in ("../secret.txt", "models/../../secret.txt", "%2e%2e/secret.txt", "/etc/passwd", "%2Fetc/passwd"):
        assert ask(hub, f"/datasets/{STATS}/resolve/main/{path}").status == 404
    for path in ("..", "models/../..", "%2e%2e", "%2Fetc"):
        assert ask(hub, f"/api/datasets/{STATS}/tree/main/{path}").status == 404


def test_a_readme_is_downloaded(hub: Hub, tmp_path: Path) -> None:
    from huggingface_hub import hf_hub_download

    where: dict[str, Any] = {"endpoint": hub.url, "cache_dir": tmp_path / "cache"}
    assert Path(hf_hub_download("a/card", "README.md", **where)).read_text(encoding="utf-8") == CARD
    head = ask(hub, "/a/card/resolve/main/README.md", "HEAD")
    whole = ask(hub, "/A/CARD/raw/main/README.md")
    assert head.body == b"" and whole.body.decode() == CARD
    for name in ("etag", "content-length", "x-repo-commit"):
        assert head.headers[name] == whole.headers[name]
    assert int(head.headers["content-length"]) == len(CARD.encode()) and len(head.headers["x-repo-commit"]) == 40
    assert [r.method for r in hub.requests] == ["HEAD", "GET", "HEAD", "GET"]


def test_what_is_not_there_is_said_in_the_words_of_the_hub(hub: Hub, tmp_path: Path) -> None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RemoteEntryNotFoundError, RepositoryNotFoundError

    where: dict[str, Any] = {"endpoint": hub.url, "cache_dir": tmp_path / "cache"}
    with pytest.raises(GatedRepoError):
        hf_hub_download("a/gated", "README.md", **where)
    with pytest.raises(RemoteEntryNotFoundError):
        hf_hub_download("a/card", "config.json", **where)
    with pytest.raises(RepositoryNotFoundError):
        hf_hub_download("a/nothing", "README.md", token="hf_some", **where)
    with pytest.raises(HfHubHTTPError) as unknown:
        hf_hub_download("a/nothing", "README.md", token=False, **where)
    assert unknown.value.response.status_code == 401
    codes = {(s.status, s.headers["x-error-code"]) for s in (
        ask(hub, "/a/gated/resolve/main/README.md"),
        ask(hub, "/a/gated/resolve/main/README.md", Authorization="Bearer x"),
        ask(hub, "/a/none/resolve/main/other.md"),
    )}  # fmt: skip
    assert codes == {(401, "GatedRepo"), (403, "GatedRepo"), (404, "EntryNotFound")}
    assert ask(hub, "/a/none/resolve/main/README.md").body == b""
    assert ("HEAD", "/a/card/resolve/main/config.json") in [(r.method, r.path) for r in hub.requests]


def test_the_real_client_lists_models(hub: Hub) -> None:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=hub.url)
    assert sorted(m.id for m in api.list_models(full=True)) == ["a/card", "a/gated", "a/none"]
    assert [m.gated for m in api.list_models(expand=["gated"], sort="created_at")] == [False, "auto", False]
    assert api.model_info("a/gated").gated == "auto"
