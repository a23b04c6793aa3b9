"""Pages as they come: read many at once they give what the careful reader gives, file by file; or there is a sentence."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.errors import SourceError
from lineage.reading import rows
from lineage.sources import pages, tables
from tests.readings import slowly, taken, told


def record(number: int, **more: Any) -> str:
    said = {"_id": f"{number:024x}", "id": f"a/m{number}", "downloads": number, "tags": ["gguf", "base_model:a/m0"]}
    return json.dumps(said | more)


def listed(*records: str) -> bytes:
    return f"[{','.join(records)}]".encode()


def zst(data: bytes) -> bytes:
    return pa.Codec("zstd").compress(data, asbytes=True)


LIST = listed(*map(record, range(1, 6)))
HALF = len(LIST) // 2
SECOND = LIST.index(b"}") + 1
ONE = record(7)


def renamed(data: bytes, name: str) -> bytes:
    """The same with ids of its own: files that lie side by side share none."""
    return data.replace(b"a/m", f"{name}/m".encode()).replace(b'"_id"', b'"was"')


#: Each is read, record by record, odd as it may be.
READ: dict[str, bytes] = {
    "bom.json": b"\xef\xbb\xbf" + LIST,
    "utf16.json": LIST.decode().encode("utf-16"),
    "blanks.json": b" \n\t " + LIST + b"\r\n\n" + b" " * 100,
    "pretty.json": json.dumps(json.loads(LIST), indent=2).encode(),
    "lines.json": ONE.encode() + b"\n" + record(8).encode() + b"\n",
    "frames.json.zst": zst(LIST[:HALF]) + zst(LIST[HALF:]),
    "records.json.zst": zst(LIST[:SECOND]) + zst(LIST[SECOND:]),
    "members.json.gz": gzip.compress(LIST[:HALF]) + gzip.compress(LIST[HALF:]),
    "surrogate.json": listed(ONE, '{"id":"a/m1","library_name":"\\ud800","tags":["\\ud800x"]}', '{"id":"a/m2\\ud800"}'),
    "utf8.json": listed(ONE)[:-1] + b',{"id":"a/m1","library_name":"\xff\xfe"}]',
    "nul.json": LIST.replace(b"gguf", b"gg\0uf"),
    "escapes.json": listed(ONE, r'{"id":"a\/m1","library_name":"t\tq\"\u00e9","tags":["\u00e9","e\u0301","g\u0000","\u0001"]}'),
    "nan.json": listed(ONE, '{"id":"a/m1","downloads":NaN}', '{"id":"a/m2","likes":-Infinity}'),
    "numbers.json": listed(ONE, '{"id":"a/m1","downloads":12.0,"likes":3.50}', '{"id":"a/m2","downloads":1e3,"likes":true}',
                           '{"id":"a/m3","downloads":123456789012345678901234567890}', '{"id":"a/m4","downloads":-1}'),
    "twice.json": listed('{"id":"a/m1","id":"a/m2","downloads":1,"downloads":2}', ONE, '{"id":null,"id":"a/m3"}'),
    "cases.json": listed('{"ID":"a/m8","id":"a/m1","Id":"a/m9","Downloads":7,"TAGS":["x"]}', ONE),
    "number.json": listed(ONE, "7", "true"),
    "null.json": listed(ONE, "null"),
    "null-first.json": listed("null", ONE),
    "list.json": listed(ONE, "[1]", '"text"'),
    "object.json": listed(ONE, "{}", '{"name":"x"}'),
    "object-first.json": listed("{}", ONE),
    "types.json": listed(ONE, '{"id":{"a":1},"downloads":[1]}', '{"id":true,"tags":{"a":"b"}}', '{"id":5,"tags":"gguf"}'),
    "late.json": listed(*(json.dumps({"id": f"a/m{i}"} | ({"downloadsAllTime": i, "lastModified": "2024-01-01"} if i >= 900 else {}))
                          for i in range(1_000))),
    "first.json": listed(*(json.dumps({"id": f"a/m{i}"} | ({"likes": 5, "createdAt": "2024-01-01"} if not i else {})) for i in range(9))),
    "spelled.json": listed('{"modelId":"a/m1","downloads_all_time":3}', '{"modelId":"a/m2","id":"5f"}'),
    "mixed.json": listed('{"id":"a/m1","model_id":null}', '{"repo_id":"a/m2","likes":1}', '{"modelId":"a/m3","id":"5f"}'),
    "path.json": listed(ONE, '{"path":"x/y/README.md"}', '{"path":"x/z/README.md","id":"a/m9"}'),
    "long.json": listed(ONE, json.dumps({"id": "a/m1", "cardData": {"license": "mit", "x": "y" * (20 << 20)}})),
}  # fmt: skip

#: Each ends the build.
REFUSED: dict[str, bytes] = {
    "cut.json.gz": gzip.compress(LIST)[:-9],
    "cut.json.zst": zst(LIST)[:-5],
    "frame.json.zst": zst(LIST[:HALF]),
    "record.json.zst": zst(LIST[:SECOND]),
    "bracket.json.zst": zst(LIST[: LIST.index(b"]") + 1]),
    "second.json.zst": zst(LIST[:HALF]) + zst(LIST[HALF:])[:-4],
    "bracket.json": LIST[: LIST.rindex(b"]}") + 1],
    "empty.json": b"",
    "empty.json.gz": gzip.compress(b""),
    "nothing.json.zst": b"",
    "comma.json": LIST[: SECOND + 1],
    "trailing.json": LIST[:-1] + b",]",
    "double.json": LIST[:SECOND] + b"," + LIST[SECOND:],
    "no-comma.json": listed(f"{ONE} {record(8)}"),
    "two.json": listed(ONE) + b"\n" + listed(record(8)),
    "closed.json": listed(ONE) + b"]",
    "junk.json": listed(f"{ONE} junk "),
    "behind.json": listed(ONE) + b" junk ]",
    "behind-empty.json": b"[] junk ]",
    "text.json": listed(ONE, '{"id":"a/m9","x":"'),
    "open.json": listed(ONE[:-1]),
    "control.json": LIST.replace(b"gguf", b"gg\x02uf"),
    "line.json": LIST.replace(b"gguf", b"gg\nuf"),
    "zero.json": listed(ONE, '{"id":"a/m9","downloads":007}'),
    "quotes.json": b"[{'id':'a/m9'}]",
    "python.json": listed(ONE, '{"id":"a/m9","gguf":True}'),
    "comment.json": listed(f"/* x */{ONE}"),
    "html.json": b"<html>502 Bad Gateway</html>",
    "deep.json": b"[" * 10_000 + b"]" * 10_000,
    "alone.json": b"[]",
    "error.json": b'{"error":"Too many requests"}',
    "something.json": listed('{"name":"x"}'),
    "objects.json": listed("{}", "{}"),
}


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any]]:
    """A folder of odd pages between two good ones, and what the careful reader takes of them."""
    folder = tmp_path_factory.mktemp("pages")
    for number, name in enumerate(["0.json", *READ, "z.json"]):
        data = READ.get(name, LIST)
        utf16 = name.startswith("utf16")
        text = renamed(data.decode("utf-16").encode(), f"f{number}") if utf16 else renamed(data, f"f{number}")
        if name.endswith(("gz", "zst")):  # made anew, so that the names can be its own
            pack = gzip.compress if name.endswith("gz") else zst
            at = SECOND if name.startswith("records") else HALF
            text = renamed(LIST, f"f{number}")
            text = pack(text[:at]) + pack(text[at:])
        (folder / name).write_bytes(text.decode().encode("utf-16") if utf16 else text)
    with pytest.MonkeyPatch.context() as patch:
        yield folder, slowly(patch, folder)


@pytest.mark.parametrize("together", [250, 1])
def test_many_at_once_are_read_as_one_by_one(
    careful: tuple[Path, Any], together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, slow = careful
    monkeypatch.setattr(pages, "MOST_FILES", together)
    quick = taken(folder)
    assert isinstance(slow, dict)
    for what, value in slow.items():
        assert quick[what] == value, what
    assert quick["counts"]["rows_in"] == quick["counts"]["models"] + quick["counts"]["rejected"] > 1_070


@pytest.mark.parametrize("limit", [3, 40])
def test_the_first_records_are_the_same_ones(
    careful: tuple[Path, Any], limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = taken(careful[0], limit)
    assert quick == slowly(monkeypatch, careful[0], limit) and quick["counts"]["rows_in"] == limit


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        rows.begin(con)
        yield con


def spelled(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    found = con.execute("SELECT * EXCLUDE (seen_at) FROM spelled").fetchall()
    return [tuple(_plain(value) for value in row) for row in found]


def _plain(text: str | None) -> Any:
    """Nested values may be written with blanks or without."""
    try:
        return json.loads(text) if text and text[0] in "[{" else text
    except (ValueError, RecursionError):
        return text


def quickly(con: duckdb.DuckDBPyConnection, file: Path) -> list[tuple[Any, ...]] | None:
    """The rows of a file that is read as a page; None where it cannot be, and then nothing is there."""
    rows.create_spelled(con)
    page = pages.look(file)
    if page and pages.add_pages(con, [page])[0] is not None:
        return spelled(con)
    assert spelled(con) == []
    return None


def carefully(con: duckdb.DuckDBPyConnection, file: Path) -> list[tuple[Any, ...]]:
    """The same by the other reader."""
    rows.create_spelled(con)
    try:
        recognised, count = tables.open_table(con, file, file.parent)
        tables.add_rows(con, recognised, file, 0, count)
        return spelled(con)
    finally:
        tables.close_table(con, file.parent)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_cut_or_no_list_is_refused(con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(REFUSED[name])
    assert quickly(con, file) in (None, [])
    with pytest.raises(SourceError, match=rf"{name} |No column holds model ids"):
        carefully(con, file)


@pytest.mark.parametrize("name", ["bracket.json", "frame.json.zst", "trailing.json", "alone.json"])
def test_the_sentence_is_the_same_beside_good_pages(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "0.json").write_bytes(LIST)
    (tmp_path / name).write_bytes(REFUSED[name])
    quick = told(tmp_path)
    if name == "alone.json":  # the last page of a list may have nothing in it
        assert isinstance(quick, dict) and quick["counts"]["rows_in"] == 5
    else:
        assert isinstance(quick, str) and name in quick and quick == slowly(monkeypatch, tmp_path)


@pytest.mark.parametrize("together", [250, 1])
def test_empty_lists_and_lists_of_something_else_between_pages(
    tmp_path: Path, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_FILES", together)
    for number, data in enumerate(
        [LIST, b"[]", listed("{}"), listed(ONE), b"[ ]\n", listed('{"name":1}', "{}"), listed(record(8))]
    ):
        (tmp_path / f"{number}.json").write_bytes(data)
    found = taken(tmp_path)
    assert [m[0] for m in found["models"]] == [f"a/m{i}" for i in (1, 2, 3, 4, 5, 7, 8)]
    assert found["counts"]["rows_in"] == 7


def test_lists_of_edges_beside_an_empty_page(tmp_path: Path) -> None:
    (tmp_path / "edges.csv").write_text("child,base\na/b,c/d\n")
    (tmp_path / "none.json").write_bytes(b"[]")
    assert [c[:2] for c in taken(tmp_path)["claims"]] == [("a/b", "c/d")]


def test_a_number_beyond_all_is_no_count(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "huge.json").write_bytes(listed(ONE, '{"id":"a/m1","downloads":1e400}'))
    found = taken(tmp_path)
    assert [(id, reason) for id, reason, _ in found["rejected"]] == [("a/m1", "bad-downloads")]


def test_what_is_nested_deep_costs_no_other_record(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    deep = '{"id":"a/m1","cardData":' + '{"a":' * 10_000 + "1" + "}" * 10_000 + "}"
    (tmp_path / "deep.json").write_bytes(listed(ONE, deep, record(2)))
    assert [m[0] for m in taken(tmp_path)["models"]] == ["a/m1", "a/m2", "a/m7"]


# --- any damage ----------------------------------------------------------------------------------------

_SMALL = json.dumps(
    [
        {"id": "a/m1", "downloads": 1, "tags": ["x", "é"], "cardData": {"license": "mit", "l": [1, 2.5, None, True]}},
        {"_id": "0" * 24, "id": "a/m2", "likes": 0, "gguf": {"total": 5}},
        {"modelId": "a/m3", "downloads": None, "tags": []},
    ],
    ensure_ascii=False,
).encode()

_BITS = [b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b" ", b"\0", b"\n", b"\x1e", b"a", b"0", b"-", b".", b"e", b"null",
         b"\xff", b"\xc3\xa9", b"],[", b"},{", b"NaN", b"\\ud800", b"\\u0000", b"\xef\xbb\xbf", b"/**/", b"[]", b"{}"]  # fmt: skip
_PLACE = st.integers(0, len(_SMALL))
_EDIT = st.tuples(st.sampled_from(["put", "replace", "drop", "cut", "again"]), _PLACE, _PLACE, st.sampled_from(_BITS))


def damaged(edits: list[tuple[str, int, int, bytes]]) -> bytes:
    data = _SMALL
    for kind, one, other, bits in edits:
        first, last = sorted((one, other))
        if kind == "put":
            data = data[:first] + bits + data[first:]
        elif kind == "replace":
            data = data[:first] + bits + data[first + len(bits) :]
        elif kind == "drop":
            data = data[:first] + data[min(last, first + 20) :]
        elif kind == "cut":
            data = data[:last]
        else:
            data = data[:last] + data[first:last] + data[last:]
    return data


@settings(max_examples=40, deadline=None)
@given(edits=st.lists(_EDIT, min_size=1, max_size=3))
def test_no_record_goes_in_silence_whatever_the_damage(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[str, int, int, bytes]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "damaged.json"
    data = damaged(edits)
    file.write_bytes(data)
    with duckdb.connect() as con:
        rows.begin(con)
        quick = quickly(con, file)
        if quick is None:
            return
        try:
            assert quick == carefully(con, file)
        except SourceError:  # a comma too many within a record is all that only the quick reader takes
            assert len(quick) == len(json.loads(re.sub(rb",\s*([}\]])", rb"\1", data)))
