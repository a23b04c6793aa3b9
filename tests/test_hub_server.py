"""The local Hub answers as the Hub does: its shapes are compared with recorded answers, key by key."""

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage.catalog import Catalog
from lineage.pipeline import build
from lineage.snapshot import Snapshot
from tests.hub import Hub
from tests.hub.client import ask, pages
from tests.hub.names import DETAIL_EXPAND, LIST_EXPAND

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "lineage" / "data" / "samples"
RECORDED = json.loads((ROOT / "tests" / "hub" / "recorded.json").read_text(encoding="utf-8"))

_ASKED = """
    author baseModels cardData config createdAt disabled downloads downloadsAllTime gated lastModified library_name
    likes pipeline_tag private sha siblings tags safetensors gguf
"""

#: What the program asks for.
ASKED = _ASKED.split()
TABLES = ("models", "tags", "edges", "claims", "ancestry", "publishers", "rejected")
EXPAND = "&".join(f"expand={n}" for n in ASKED)


def shape(value: Any) -> Any:
    """Names in order and types, all the way down."""
    if isinstance(value, dict):
        return [(key, shape(v)) for key, v in value.items()]
    if isinstance(value, list):
        return [shape(v) for v in value[:1]]
    return type(value).__name__


def as_columns(records: list[dict[str, Any]], tmp_path: Path) -> Path:
    """The same records as a table of columns, nested values as JSON text."""
    names = dict.fromkeys(name for record in records for name in record)
    flat = {n: [json.dumps(v) if isinstance(v := r.get(n), list | dict | bool) else v for r in records] for n in names}
    pq.write_table(pa.table(flat), tmp_path / "recorded.parquet")
    return tmp_path / "recorded.parquet"


# --- shapes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [False, True], ids=["records", "columns"])
@pytest.mark.parametrize(
    ("name", "query"), [("full_2025", "full=true&sort=likes"), ("plain_2026", "sort=trendingScore")]
)
def test_a_list_is_the_recorded_one_key_by_key(name: str, query: str, columns: bool, tmp_path: Path) -> None:
    recorded = RECORDED[name]
    with Hub(as_columns(recorded, tmp_path) if columns else recorded) as hub:
        seen = ask(hub, f"/api/models?{query}")
        expanded = ask(hub, f"/api/models?sort=likes&{EXPAND}").json
    assert seen.json == recorded  # they were recorded in this order
    if not columns:
        assert seen.body == json.dumps(recorded, separators=(",", ":")).encode()
    elif name == "full_2025":
        assert [shape(r) for r in seen.json] == [shape(r) for r in recorded]
    by_id = {r["id"]: r for r in recorded}
    for record in expanded:
        original = by_id[record["id"]]
        assert record == {n: v for n, v in original.items() if n in ("_id", "id", *ASKED)}


def test_one_model_is_answered_as_recorded_headers_included() -> None:
    records = [json.loads(d["body"]) for d in RECORDED["details"]]
    more = {"tags": ["x"], "downloads": 5, "modelId": "x"}
    with Hub([{**r, **more, "modelId": r["id"]} for r in records]) as hub:
        for recorded in RECORDED["details"]:
            seen = ask(hub, recorded["path"])
            assert seen.body.decode() == recorded["body"]
            claimed = {"etag", "content-type", "connection", "vary"}
            claimed |= {n for n in recorded["headers"] if n.startswith("access-control-")}
            assert {n: seen.headers[n] for n in claimed} == {n: recorded["headers"][n] for n in claimed}
            assert seen.headers["x-request-id"]


def test_a_table_is_sent_in_the_spelling_of_the_hub(tmp_path: Path) -> None:
    at = [1_726_833_600_000_000, 1_726_833_600_000_001]
    table = pa.table(
        {
            "model_id": ["a/b", "a/c"],
            "downloads_all_time": [5, None],
            "created_at": pa.array(at, pa.timestamp("us")),
            "last_modified": ["2024-09-20 12:00:00+00", None],
            "card_data": ['{"license":"mit","license":"x"}', None],
            "base_models": [{"relation": "quantized", "models": [{"_id": "1", "id": "x/y"}]}, None],
            "tags": ["['it''s', \"a\"]".replace("''", "\\'"), '["b"]'],
            "pipeline_tag": [None, "asr"],
            "gated": ["False", "auto"],
            "something": [1, 2],
        }
    )
    with Hub(table) as hub:
        body = ask(hub, f"/api/models?{EXPAND}&direction=1").body.decode()
    assert body == (
        '[{"id":"a/b","gated":false,"lastModified":"2024-09-20T12:00:00.000Z","tags":["it\'s", "a"],'
        '"createdAt":"2024-09-20T12:00:00.000Z",'
        '"baseModels":{"relation":"quantized","models":[{"_id":"1","id":"x/y"}]},'
        '"cardData":{"license":"mit","license":"x"},"downloadsAllTime":5},'
        '{"id":"a/c","gated":"auto","lastModified":null,"tags":["b"],"pipeline_tag":"asr",'
        '"createdAt":"2024-09-20T12:00:00.000001Z","baseModels":null,"cardData":null,"downloadsAllTime":null}]'
    )


def test_odd_records_survive_byte_for_byte(tmp_path: Path) -> None:
    lines = [
        b'{"id": "a/five", "tags": 5}',
        b'{"id":"a/large","downloads":1e30,"likes":' + b"9" * 5000 + b"}",
        b'{"tags":["no id"]}',
        b'{"id":"a/twice","id":"a/other","tags":[],"tags":["x"]}',
        b'{"id":"a/half","cardData":{"base_model":"\\ud800"}}',
        b'{"id":"a/deep","cardData":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b"[1]",
    ]
    (tmp_path / "odd.jsonl").write_bytes(b"\n".join([*lines, b""]))
    with Hub(tmp_path / "odd.jsonl") as hub:
        assert ask(hub, f"/api/models?{EXPAND}").body == b"[" + b",".join(lines) + b"]"
        few = ask(hub, "/api/models?expand=downloads").body
    assert few == (
        b'[{"id":"a/five"},{"id":"a/large","downloads":1e30},{},{"id":"a/twice","id":"a/other"},{"id":"a/half"},'
        + b",".join([lines[5], lines[6]])
        + b"]"
    )
    (tmp_path / "list.json").write_bytes(b"[" + b" , ".join(lines[:5]) + b"]\n")
    with Hub(tmp_path / "list.json") as hub:
        assert ask(hub, f"/api/models?{EXPAND}").body == b"[" + b",".join(lines[:5]) + b"]"
    with pytest.raises(ValueError, match="Record 2 is no JSON"):
        Hub(["{}", "{"])


# --- the law ------------------------------------------------------------------------------------------


def digests(snapshot: Snapshot) -> dict[str, str]:
    """The sha256 of every table of a snapshot."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in snapshot.folder.rglob("*.parquet")}


def crawled(hub: Hub, folder: Path) -> Path:
    """All pages of a Hub, as files of a folder."""
    folder.mkdir()
    for number, page in enumerate(pages(hub, f"/api/models?limit=1000&sort=createdAt&{EXPAND}")):
        (folder / f"{number:06d}.json").write_bytes(page.body)
    return folder


@pytest.mark.parametrize("name", ["sample", "sample-gguf"])
def test_the_pages_give_the_tables_that_the_table_gives(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with Hub(SAMPLES / f"{name}.parquet") as hub:
        folder = crawled(hub, tmp_path / "pages")
    direct = request.getfixturevalue(name.replace("-", "_")).snapshot
    taken_at = direct.manifest["taken_at"]
    again = build(str(folder), name="n", taken_at=taken_at, catalog=Catalog(tmp_path)).snapshot
    assert {f"{t}.parquet" for t in TABLES} <= set(digests(direct))
    assert digests(again) == digests(direct)


OWN = """model_id,downloads,likes,base_model,base_model_relation,license,tags,created_at,last_modified,pipeline_tag
a/b,007,1,x/y,quantized,mit,"['gguf', 'x']",2024-01-01 00:00:00,,
a/c,12.0,x,"['x/y', 'x/z']",,,gguf,2024-01-02T00:00:00.123456Z,2024,text-generation
A/c,,,"[""p/q""]",finetune,,None,nope,2024-01-03 01:00:00+01,asr
a/d,5,,,,"['mit', 'other']","[""a"", null, 3, ""base_model:a/b"", ""base_model:adapter:a/b""]",,,
"""


def test_so_do_the_pages_over_a_table_in_a_spelling_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(OWN, encoding="utf-8")
    with Hub(tmp_path / "own.csv", page=3) as hub:
        folder = crawled(hub, tmp_path / "pages")
    built = [
        build(str(source), name=name, taken_at="2025-09-01", catalog=Catalog(tmp_path)).snapshot
        for source, name in ((tmp_path / "own.csv", "direct"), (folder, "again"))
    ]
    assert built[0].manifest["counts"]["edges"] == 5
    assert digests(built[1]) == digests(built[0])


# --- pages --------------------------------------------------------------------------------------------

#: Equal values, nulls, values of other types, an `_id` that two rows share, and rows without one.
TANGLED = [
    {
        "_id": f"{(i * 7919) % 97 // 2:024x}" if i % 5 else None,
        "id": f"{'ab'[i % 2]}/m{i}",
        "downloads": [None, 3, 3, 10**15, 0.5, "many"][i % 6],
        "likes": i % 3,
        "createdAt": None if i % 11 == 0 else f"2024-01-{i % 7 + 1:02d}T00:00:00.000Z",
        "lastModified": f"2024-01-01T00:00:00.{i % 4:06d}Z",
        "tags": ["gguf"] if i % 4 == 0 else ["x", "gguf"] if i % 4 == 1 else None,
    }
    for i in range(97)
]


@pytest.mark.parametrize("direction", ["", "&direction=1"])
@pytest.mark.parametrize("sort", ["createdAt", "lastModified", "downloads", "likes", "trendingScore", "_id"])
def test_every_sort_gives_each_record_once_and_in_order(sort: str, direction: str) -> None:
    query = f"/api/models?sort={sort}&limit=9&expand={'downloads' if sort == '_id' else sort}{direction}&expand=likes"
    with Hub(TANGLED) as hub:
        seen = list(pages(hub, query))
        whole = ask(hub, query.replace("limit=9", "limit=500"))
    assert [len(p.json) for p in seen] == [9] * 10 + [7]
    records = [r for p in seen for r in p.json]
    assert records == whole.json and whole.next is None
    assert sorted(r["id"] for r in records) == sorted(r["id"] for r in TANGLED)
    kind = (int, float) if sort in ("downloads", "likes") else str
    values = [v for r in records if isinstance(v := r.get(sort), kind)]
    assert values == sorted(values, reverse=not direction)
    assert all(isinstance(r.get(sort), kind) for r in records[: len(values)])  # what has no value comes last


def test_links_keep_the_query_and_cursors_are_filters_that_outlive_the_server() -> None:
    query = "/api/models?limit=3&sort=createdAt&expand=likes&expand[]=tags&filter=gguf&author=B"
    with Hub(TANGLED) as hub:
        first = ask(hub, query)
        assert first.next
        whole = [r for p in pages(hub, query) for r in p.json]
    link = urlsplit(first.next)
    asked = parse_qs(link.query)
    cursor = json.loads(base64.b64decode(asked.pop("cursor")[0]))
    assert asked == parse_qs(urlsplit(query).query)
    value = next(r["createdAt"] for r in TANGLED if r["id"] == first.json[-1]["id"])
    assert cursor["$or"][0]["createdAt"] == value
    assert cursor["$or"][1:] == [{"createdAt": {"$lt": value}}, {"createdAt": None}]
    with Hub(list(TANGLED)) as other:
        rest = [r for p in pages(other, f"{link.path}?{link.query}") for r in p.json]
    assert first.json + rest == whole
    assert sorted(r["id"] for r in whole) == sorted(
        r["id"] for r in TANGLED if r["id"].startswith("b/") and "gguf" in (r["tags"] or ())
    )


def test_a_cursor_goes_on_where_it_was_though_its_record_is_gone() -> None:
    with Hub(TANGLED) as hub:
        first = ask(hub, "/api/models?limit=5&sort=likes&expand=likes")
        rest = [r["id"] for p in pages(hub, first.next or "") for r in p.json]
    gone = first.json[-1]["id"]
    with Hub([r for r in TANGLED if r["id"] != gone]) as hub:
        link = urlsplit(first.next or "")
        again = [r["id"] for p in pages(hub, f"{link.path}?{link.query}") for r in p.json]
    assert again == rest


def test_another_day_at_the_same_address() -> None:
    with Hub([{"id": "a/b", "likes": i} for i in (3, 2)]) as hub:
        first = ask(hub, "/api/models?limit=1&sort=likes&expand=likes")
        hub.replace([{"id": "a/d", "likes": 1}], renamed={"a/b": "a/d"})
        assert ask(hub, first.next or "").json == [{"id": "a/d", "likes": 1}]
        assert ask(hub, "/api/models/a/b").headers["location"] == "/api/models/a/d"


def test_search_and_task_filter() -> None:
    records = [{"id": "A/Llama", "pipeline_tag": "x"}, {"id": "b/llama-2", "pipeline_tag": "y"}, {"id": "b/c"}, {}]
    with Hub(records) as hub:
        assert len(ask(hub, "/api/models?search=LLAMA&author=B").json) == 1
        assert [r["id"] for r in ask(hub, "/api/models?pipeline_tag=x").json] == ["A/Llama"]


def broken(filter: Any) -> str:
    return "cursor=" + quote(base64.b64encode(json.dumps(filter).encode()).decode())


@pytest.mark.parametrize(
    "query",
    [
        "cursor=abc",
        "cursor=%FF",
        "cursor=%22",
        broken([]),
        broken({"$or": 5}),
        broken({"$or": [{"likes": 2, "_id": {"$gt": "0"}}]}),
        broken({"$or": [{"createdAt": "gone", "_id": {"$gt": "0"}}]}),
        broken({"$or": [{"createdAt": None, "_id": 5}]}),
        broken({"$or": [{"createdAt": "2024-01-01T00:00:00.000Z", "_id": {"$gt": "0"}}, {"createdAt": {"$gt": ""}}]}),
        broken({"$or": [{"createdAt": None, "_id": None, "place": {"$gt": "x"}}]}),
        "limit=0",
        "limit=-1",
        "limit=x",
        "sort=random",
        "direction=2",
    ],
)
def test_what_cannot_be_answered_is_refused(query: str) -> None:
    with Hub(TANGLED) as hub:
        seen = ask(hub, f"/api/models?{query}")
    assert (seen.status, list(seen.json)) == (400, ["error"])
    assert seen.headers["x-error-message"] == seen.json["error"]


def test_an_unknown_name_in_expand_is_refused_with_all_names_that_there_are() -> None:
    with Hub(TANGLED, refuses={"baseModels"}) as hub:
        seen = ask(hub, "/api/models?expand=likes&expand[]=baseModels")
        assert seen.status == 400
        accepted = [n for n in LIST_EXPAND if n != "baseModels"]
        assert seen.json == {"error": f'"expand" must be one of [{", ".join(accepted)}]'}
        assert ask(hub, "/api/models?" + "&".join(f"expand={n}" for n in accepted)).status == 200
        for name in set(DETAIL_EXPAND) - set(LIST_EXPAND):
            assert ask(hub, f"/api/models?expand={name}").status == 400
        assert ask(hub, "/api/models/a/m0?" + "&".join(f"expand={n}" for n in DETAIL_EXPAND)).status == 200
        assert ask(hub, "/api/models/a/m0?expand=no").status == 400
    with Hub(
        [], refuses={"gguf"}, refusal=lambda names: f"✖ expected one of {'|'.join(names)}\n  → at expand[0]"
    ) as hub:
        said = ask(hub, "/api/models?expand=gguf").json["error"]
        assert said.startswith("✖ expected one of author|baseModels|") and "gguf" not in said


# --- one model, tokens --------------------------------------------------------------------------------


def test_ids_are_found_in_any_case_and_old_names_lead_to_new_ones() -> None:
    with Hub([{"id": "Org/Model", "likes": 1}], renamed={"old": "Org/Model"}) as hub:
        assert ask(hub, "/api/models/org/MODEL?expand=likes").json == {"id": "Org/Model", "likes": 1}
        assert ask(hub, "/api/models/Org/Model/revision/main").json["likes"] == 1
        moved = ask(hub, "/api/models/Old?expand=likes")
        assert (moved.status, moved.headers["location"]) == (307, "/api/models/Org/Model?expand=likes")
        assert ask(hub, "/old/resolve/main/README.md").headers["location"] == "/Org/Model/resolve/main/README.md"


def test_who_has_no_token_learns_nothing_and_a_wrong_one_is_refused() -> None:
    with Hub([{"id": "a/b"}], token="right") as hub:
        unknown = ask(hub, "/api/models/a/none")
        assert (unknown.status, unknown.json) == (401, {"error": "Invalid username or password."})
        known = ask(hub, "/api/models/a/none", Authorization="Bearer right")
        assert (known.status, known.headers["x-error-code"]) == (404, "RepoNotFound")
        assert ask(hub, "/api/models").status == ask(hub, "/api/models", Authorization="Bearer right").status == 200
        for path in ("/api/models", "/api/models/a/b", "/a/b/resolve/main/README.md"):
            wrong = ask(hub, path, Authorization="Bearer wrong")
            assert (wrong.status, wrong.json) == (401, {"error": "Invalid credentials in Authorization header"})
        assert ask(hub, "/api/models", method="DELETE").status == 405
        assert ask(hub, "/somewhere/else/altogether").status == 404
        assert [r.headers.get("authorization") for r in hub.requests][:3] == [None, "Bearer right", None]


# --- by hand ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_is_started_by_hand_says_one_line_and_ends_quietly(stop: signal.Signals) -> None:
    command = [sys.executable, "-m", "tests.hub", "--table", str(SAMPLES / "sample-gguf.parquet"), "--page", "7"]
    with subprocess.Popen(
        [*command, "--quota", "500/300"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        address = line.rpartition(" ")[2].strip()
        assert line.endswith(f": lineage build hub --endpoint {address}\n") and address.startswith("http://127.0.0.1:")
        seen = ask(address, "/api/models")
        assert len(seen.json) == 7 and seen.headers["ratelimit"].startswith('"api";r=499;')
        process.send_signal(stop)
        assert process.communicate(timeout=20) == ("", "")
        assert process.returncode == 0
