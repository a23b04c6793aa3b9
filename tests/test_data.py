"""The shipped tables of lineage/data: their form, and the rules that their README states."""

import csv
import re
from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise

import pytest

from lineage import reference

DATA = reference.DATA
COLUMNS = {
    "publishers.csv": reference.PUBLISHER_COLUMNS,
    "intermediaries.csv": reference.INTERMEDIARY_COLUMNS,
    "libraries.csv": ("library", "evidence", "as_of"),
    "legacy_ids.csv": ("legacy_id", "id", "evidence", "as_of"),
    "countries.csv": ("code", "name"),
    "lists/ten-accounts-2024.csv": ("account", "evidence", "as_of"),
    "phrases.csv": reference.PHRASE_COLUMNS,
    "name_rules.csv": reference.NAME_RULE_COLUMNS,
    "formats.csv": reference.FORMAT_COLUMNS,
    "languages.csv": ("code", "name", "evidence", "as_of"),
    "derived_tags.csv": ("tag", "evidence", "as_of"),
}
KINDS = {"quantizer", "converter", "mirror", "bundler", "mixed"}
TEN = [
    "bartowski",
    "lmstudio-community",
    "MaziyarPanahi",
    "mlx-community",
    "mradermacher",
    "QuantFactory",
    "RichardErkhov",
    "second-state",
    "TheBloke",
    "unsloth",
]


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_every_table_is_tested_here_and_described() -> None:
    assert set(reference.versions()) == set(COLUMNS)
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for name, columns in COLUMNS.items():
        assert re.search(rf"\| `{re.escape(name)}` \|.*\| {len(rows(name))} \|", readme), name
        for column in columns:
            assert f"`{column}`" in readme, (name, column)


@pytest.mark.parametrize("name", COLUMNS)
def test_form(name: str) -> None:
    raw = (DATA / name).read_bytes()
    assert raw.endswith(b"\n") and b"\r" not in raw and not raw.startswith(b"\xef\xbb\xbf")
    table = rows(name)
    assert tuple(table[0]) == COLUMNS[name]
    for row in table:
        assert None not in row and None not in row.values(), row
        for column, value in row.items():
            assert "\n" not in value and (value == value.strip() or column == "pattern"), row
        assert row.get("evidence", "x"), row
        if "as_of" in row:
            assert date.fromisoformat(row["as_of"]).isoformat() == row["as_of"], row


@pytest.mark.parametrize("name", COLUMNS)
def test_sorted_and_without_duplicates(name: str) -> None:
    first = COLUMNS[name][0]
    keys = [(row[first].casefold(), row.get("from", "")) for row in rows(name)]
    assert keys == sorted(keys)
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", ["publishers.csv", "intermediaries.csv"])
def test_sources_and_confidence(name: str) -> None:
    for row in rows(name):
        assert row["confidence"] in {"high", "medium", "low"}, row
        for source in row["source"].split(";"):
            assert source in {"sample", "sample-gguf"} or re.fullmatch(r"https://\S+\.\S+", source), row


def test_publishers_hold_by_the_rules_of_an_override() -> None:
    shipped = reference.publishers(DATA / "publishers.csv")
    assert shipped == reference.publishers()
    assert {row["account"].casefold() for row in rows("publishers.csv")} == set(shipped)


def test_publishers_say_what_they_may() -> None:
    for row in rows("publishers.csv"):
        assert row["type"] in reference.TYPES and row["type"] != "unknown", row
        codes = row["countries"].split(";") if row["countries"] else []
        assert codes == sorted(set(codes)) and set(codes) <= reference.countries(), row
        if row["type"] == "person" or row["confidence"] == "low":
            assert not codes, row


def test_periods_of_an_account_follow_each_other() -> None:
    periods = defaultdict(list)
    for row in rows("publishers.csv"):
        periods[row["account"]].append((row["from"], row["until"]))
    for account, spans in periods.items():
        assert spans[0][0] == "" and spans[-1][1] == "", account
        for (_, until), (since, _) in pairwise(spans):
            assert date.fromisoformat(until) + timedelta(days=1) == date.fromisoformat(since), account


def test_owner_groups_hold_together() -> None:
    members = defaultdict(set)
    for row in rows("publishers.csv"):
        if row["owner_group"]:
            assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", row["owner_group"]), row
            members[row["owner_group"]].add(row["account"].casefold())
    assert all(len(accounts) > 1 for accounts in members.values())
    # A group that has the name of an account must contain it, or two owners would look like one.
    accounts = set(reference.publishers())
    assert {group for group in members if group in accounts and group not in members[group]} == set()


def test_intermediaries_say_what_they_may() -> None:
    for row in rows("intermediaries.csv"):
        assert row["kind"] in KINDS and row["strict"] in {"yes", "no"}, row
        formats = row["formats"].split(";")
        assert len(formats) == len(set(formats)), row
        assert all(re.fullmatch(r"[a-z0-9]+", name) for name in formats), row
        assert row["strict"] == "yes" or row["opposite_case"], row


def test_the_ten_accounts_are_intermediaries() -> None:
    assert [row["account"] for row in rows("lists/ten-accounts-2024.csv")] == TEN
    strict = {row["account"]: row["strict"] for row in rows("intermediaries.csv")}
    assert {account for account in TEN if strict[account] == "no"} == {"MaziyarPanahi"}


def test_legacy_ids_live_under_a_known_account() -> None:
    known = reference.publishers()
    for row in rows("legacy_ids.csv"):
        account, name = row["id"].split("/")
        assert row["legacy_id"] == name and account.casefold() in known, row


def test_file_formats_are_no_libraries() -> None:
    assert not reference.libraries() & {"gguf", "onnx", "safetensors", "pytorch", "ggml", "openvino"}
    assert {"transformers", "diffusers", "sentence-transformers", "mlx", "peft"} <= reference.libraries()


def test_countries_are_those_of_iso_3166_1() -> None:
    table = {row["code"]: row["name"] for row in rows("countries.csv")}
    assert len(table) == 249 and all(table.values())
    assert all(re.fullmatch("[A-Z]{2}", code) for code in table)
    assert {"AE", "CN", "HK", "TW", "ZW"} <= set(table) and not {"EU", "UK", "XK"} & set(table)
