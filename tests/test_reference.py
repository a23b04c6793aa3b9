"""lineage/reference.py: what it answers, and the sentence that a wrong file gets."""

import hashlib
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from lineage import reference
from lineage.errors import SourceError, UsageError

BEFORE, AFTER = "2025-10-21", "2025-10-22"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str, name: str = "mine.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return _write


def test_publishers_are_keyed_without_case() -> None:
    qwen = reference.publishers()["qwen"]
    assert (qwen.account, qwen.type, qwen.countries, qwen.owner) == ("Qwen", "company", ("CN",), "alibaba")
    with pytest.raises(FrozenInstanceError):
        qwen.type = "person"  # type: ignore[misc]


def test_an_account_without_group_is_its_own_owner() -> None:
    assert reference.publishers()["deepseek-ai"].owner == "deepseek-ai"


def test_the_row_that_holds_on_the_day_counts() -> None:
    account = "sentence-transformers"
    before, after = (reference.publishers(at=day)[account] for day in (BEFORE, AFTER))
    assert (before.type, before.countries, before.owner) == ("university", ("DE",), "ukplab")
    assert (after.type, after.countries, after.owner) == ("company", ("US",), "huggingface")
    assert reference.publishers()[account] == after


@pytest.mark.parametrize("day", ["2024-9-20", "20240920", "yesterday", "2024-02-30", ""])
def test_a_day_that_is_none(day: str) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        reference.publishers(at=day)


def test_the_answer_can_be_changed_without_harm() -> None:
    reference.publishers().clear()
    reference.legacy_ids().clear()
    assert reference.publishers() and reference.legacy_ids()


def test_an_override_replaces_what_it_says_and_keeps_the_rest(write: Write) -> None:
    table = reference.publishers(write("account,countries\nQWEN,SG\nnew-one,FR; DE\n"))
    assert table["qwen"].countries == ("SG",) and table["qwen"].owner == "alibaba"
    assert table["new-one"].countries == ("FR", "DE") and table["new-one"].type == "unknown"
    assert table["google"] == reference.publishers()["google"]


def test_an_override_can_empty_a_value(write: Write) -> None:
    table = reference.publishers(write("account,type,countries,owner_group\nQwen,,,\n"))
    qwen = table["qwen"]
    assert (qwen.type, qwen.countries, qwen.owner) == ("unknown", (), "Qwen")


def test_an_override_holds_in_its_period_only(write: Write) -> None:
    file = write("account,countries,from,until\nQwen,SG,2024-01-01,2024-12-31\nQwen,AE,2025-01-01,\n")
    days = ["2023-12-31", "2024-01-01", "2024-12-31", "2025-01-01"]
    found = [reference.publishers(file, at=day)["qwen"].countries[0] for day in days]
    assert found == ["CN", "SG", "SG", "AE"]


def test_tabs_a_byte_order_mark_and_foreign_line_ends_are_read(write: Write) -> None:
    file = write("\ufeffaccount\tcountries\r\nQwen\tSG\r\n\r\n", "mine.tsv")
    assert reference.publishers(file)["qwen"].countries == ("SG",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: no column 'account'"),
        ("name,type\nQwen,company\n", "line 1: column 'name' is unknown"),
        ("account,type,type\nQwen,company,company\n", "line 1: column 'type' is unknown or twice"),
        ("account,type\nQwen\n", "line 2: 1 fields where the header has 2"),
        ("account,type\n,company\n", "line 2: .* no account"),
        ("account,type\nQwen/Qwen2,company\n", "line 2: 'Qwen/Qwen2' is not the name of an account"),
        ("account,type\nQwen,firm\n", "line 2: there is no type 'firm'. The types are company,"),
        ("account,countries\nQwen,CN\ngoogle,XX\n", "line 3: country 'XX' is no ISO 3166-1"),
        ("account,countries\nQwen,cn\n", "line 2: country 'cn' is no ISO 3166-1"),
        ("account,countries\nQwen,CN;CN\n", "line 2: country 'CN' is twice"),
        ("account,owner_group\nQwen,Alibaba Group\n", "line 2: owner_group 'Alibaba Group'"),
        ("account,from\nQwen,2024\n", "line 2: from '2024' is not a date"),
        ("account,as_of\nQwen,22.11.2026\n", "line 2: as_of '22.11.2026' is not a date"),
        ("account,from,until\nQwen,2025-01-01,2024-01-01\n", "line 2: until 2024-01-01 is before from"),
        ("account\nQwen\nqwen\n", "line 3: qwen is there twice for the same time"),
        ("account,from,until\nQwen,,2024-06-01\nQwen,2024-06-01,\n", "line 3: Qwen is there twice"),
        ('account\n"Qwen\n', "line 2: this is not CSV"),
    ],
)
def test_a_wrong_override_is_named_with_its_line(write: Write, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=f"mine.csv, {says}"):
        reference.publishers(write(text))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        reference.publishers(tmp_path / "none.csv")
    (tmp_path / "mine.csv").write_bytes(b"account\n\xff\xfe\n")
    with pytest.raises(UsageError, match="not UTF-8"):
        reference.publishers(tmp_path / "mine.csv")


def test_the_lists_of_intermediaries() -> None:
    strict, every = reference.intermediaries(), reference.intermediaries("all")
    ten = reference.intermediaries("ten-accounts-2024")
    assert reference.list_names() == ["strict", "all", "ten-accounts-2024"]
    assert len(ten) == 10 and set(strict) < set(every) and set(ten) < set(every)
    assert set(ten) - set(strict) == {"MaziyarPanahi"}
    assert strict == sorted(strict, key=str.casefold)


def test_a_list_of_ones_own(write: Write) -> None:
    csv_file = write("account,kind\nunsloth,quantizer\nBartowski,quantizer\n")
    text_file = write("# mine\n\nunsloth\n  Bartowski\n", "mine.txt")
    bare_file = write("account,evidence\nunsloth,x\nBartowski,y\n", "mine")
    for file in (csv_file, text_file, bare_file):
        assert reference.intermediaries(str(file)) == ["Bartowski", "unsloth"]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("mine.csv", "publisher\nunsloth\n", "line 1: column 'publisher' is unknown"),
        ("mine.csv", "kind\nquantizer\n", "line 1: no column 'account'"),
        ("mine.csv", "account\nunsloth\nUNSLOTH\n", "line 3: UNSLOTH is there twice"),
        ("mine.txt", "unsloth\nunsloth/gemma\n", "line 2: 'unsloth/gemma' is not the name"),
        ("mine.txt", "# nobody\n", "names no account"),
        ("mine.csv", "account\n", "names no account"),
    ],
)
def test_a_wrong_list_is_named_with_its_line(write: Write, name: str, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        reference.intermediaries(str(write(text, name)))


@pytest.mark.parametrize("which", ["Strict", "nobody", "", "../publishers", "no/such.csv"])
def test_a_list_that_is_not_there(which: str) -> None:
    with pytest.raises(UsageError, match="The lists are strict, all, ten-accounts-2024"):
        reference.intermediaries(which)


def test_libraries_and_legacy_ids_are_compared_without_case() -> None:
    assert "paddleocr" in reference.libraries() and "gguf" not in reference.libraries()
    assert reference.legacy_ids()["gpt2"] == "openai-community/gpt2"
    assert reference.legacy_ids()["BERT-base-uncased".casefold()] == "google-bert/bert-base-uncased"


def test_versions_are_those_of_the_files() -> None:
    versions = reference.versions()
    digest = hashlib.sha256((reference.DATA / "publishers.csv").read_bytes()).hexdigest()
    assert versions["publishers.csv"] == digest[:12]
    assert "lists/ten-accounts-2024.csv" in versions
