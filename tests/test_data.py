"""The shipped tables of lineage/data: their form, and the rules that their README states."""

import csv
import re
from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lineage import reference
from lineage.answers.definitions import FIGURES
from lineage.schema import RELATIONS
from lineage.sources.sample import SAMPLES
from scripts import coverage

DATA = reference.DATA
PAGE = (Path(__file__).resolve().parent.parent / "docs" / "data.md").read_text(encoding="utf-8")
ACCOUNTS = ["publishers.csv", "intermediaries.csv", "lists/ten-accounts-2024.csv"]
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
    "published.csv": reference.PUBLISHED_COLUMNS,
    "relation_weights.csv": reference.RELATION_WEIGHT_COLUMNS,
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


@cache
def models(sample: str) -> list[tuple[str, int, list[str]]]:
    """Account, downloads and tags of every model of a sample that has an owner."""
    found = pq.read_table(SAMPLES[sample].path, columns=["id", "downloads", "tags"]).to_pylist()
    return [(m["id"].split("/")[0], m["downloads"] or 0, m["tags"] or []) for m in found if "/" in m["id"]]


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
    keys = [(row[first].casefold(), row.get("from") or row.get("year", "")) for row in rows(name)]
    assert keys == sorted(keys)
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", ACCOUNTS)
def test_an_account_has_one_spelling_that_of_the_hub(name: str) -> None:
    spelled = {row["account"] for row in rows(name)}
    assert all(re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", account) for account in spelled)
    assert [a for a, n in Counter(account.casefold() for account in spelled).items() if n > 1] == []
    hub = {account for sample in SAMPLES for account, _, _ in models(sample)}
    hub |= {row["account"] for other in ACCOUNTS for row in rows(other)}
    of = defaultdict(set)
    for account in hub:
        of[account.casefold()].add(account)
    assert {account: of[account.casefold()] for account in spelled if of[account.casefold()] != {account}} == {}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_no_row_is_newer_than_the_page_says(name: str) -> None:
    newest = re.findall(r"No row is newer than (\d{4}-\d{2}-\d{2})", PAGE)
    assert len(newest) == 1
    for row in rows(name):
        assert max(row.get("from", ""), row.get("until", "")) <= row["as_of"] <= newest[0], row
    if name == "publishers.csv":
        assert max(row["as_of"] for row in rows(name)) == newest[0]


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
    assert len(rows("intermediaries.csv")) >= 100
    for row in rows("intermediaries.csv"):
        assert row["kind"] in KINDS and row["strict"] in {"yes", "no"}, row
        formats = row["formats"].split(";")
        assert len(formats) == len(set(formats)), row
        assert all(re.fullmatch(r"[a-z0-9]+", name) for name in formats), row
        assert row["strict"] == "yes" or row["opposite_case"], row


@pytest.mark.parametrize("sample", SAMPLES)
def test_what_is_counted_in_the_evidence_is_in_the_samples(sample: str) -> None:
    repositories: Counter[str] = Counter()
    quantized: Counter[str] = Counter()
    for account, _, tags in models(sample):
        bases = {tag.split(":")[2].split("/")[0] for tag in tags if tag.startswith("base_model:quantized:")}
        repositories[account] += 1
        quantized[account] += bool({base.casefold() for base in bases} - {account.casefold()})
    told = 0
    for row in rows("intermediaries.csv"):
        count, evidence = repositories[row["account"]], row["evidence"]
        assert (sample in row["source"].split(";")) <= (count > 0), row
        assert "in no sample" not in row["opposite_case"] or not count, row
        _, _, tagged = evidence.partition("tagged as quantized of another account: ")
        for some, of in re.findall(rf"(\d+) of (\d+) in {sample}(?![-\w])", tagged.partition(";")[0]):
            assert (int(some), int(of)) == (quantized[row["account"]], count), row
            told += 1
        for of in re.findall(rf"\d+ of (\d+)(?: repositories of| in) {sample}(?![-\w])", evidence):
            assert int(of) == count, row
        assert count == 1 or not re.search(rf"one repository in {sample}(?![-\w])", evidence), row
    assert told > 30


def test_the_ten_accounts_are_intermediaries() -> None:
    assert [row["account"] for row in rows("lists/ten-accounts-2024.csv")] == TEN
    strict = {row["account"]: row["strict"] for row in rows("intermediaries.csv")}
    assert {account for account in TEN if strict[account] == "no"} == {"MaziyarPanahi"}
    for path in (DATA / "lists").glob("*.csv"):
        assert {row["account"] for row in rows(f"lists/{path.name}")} <= set(strict), path.name


def test_the_page_has_the_coverage_of_the_samples() -> None:
    between = PAGE.split(coverage.BEGIN)[1].split(coverage.END)[0]
    assert between.strip() == coverage.figures().strip()
    prose = PAGE.replace(between, "")
    assert set(re.findall(r"\d+\.\d\d %", prose)) <= set(re.findall(r"\d+\.\d\d %", between))


@pytest.mark.parametrize("sample", SAMPLES)
def test_types_reach_nine_tenths_of_the_downloads_and_countries_as_far_as_the_page_says(sample: str) -> None:
    day = SAMPLES[sample].taken_at or ""
    of = {r["account"].casefold(): r for r in rows("publishers.csv") if r["from"] <= day <= (r["until"] or "9999")}
    whole = typed = organisations = placed = 0
    for account, downloads, _ in models(sample):
        row = of.get(account.casefold(), {"type": "unknown", "countries": ""})
        whole += downloads
        typed += downloads * (row["type"] != "unknown")
        organisations += downloads * (row["type"] not in ("unknown", "person"))
        placed += downloads * bool(row["countries"])
    ownerless = int(coverage.by_account(SAMPLES[sample])[""])
    assert typed >= 0.9 * (whole + ownerless)
    told = dict(re.findall(r"^\| (of .*?) \| (.*) \|$", PAGE, re.MULTILINE))
    place = list(SAMPLES).index(sample)
    for words, part, all_ in (
        ("of all: the account has a type", typed, whole + ownerless),
        ("of all: the account has a country", placed, whole + ownerless),
        ("of organisations: the account has a country", placed, organisations),
    ):
        assert told[words].split(" | ")[place] == f"{part * 10000 // all_ / 100:.2f} %", words


def test_the_page_says_who_shares_the_group_of_qwen() -> None:
    known = reference.publishers()
    group = known["qwen"].owner_group
    others = [account for account, row in known.items() if row.owner_group == group and account != "qwen"]
    assert f"`Qwen` is in the group `{group}` with {len(others)} other accounts" in PAGE
    assert known["deepseek-ai"].owner_group == "" and "`deepseek-ai` is in no group" in PAGE


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


def test_every_published_value_is_of_a_figure_and_says_where_it_is_from() -> None:
    table = rows("published.csv")
    assert {row["figure"] for row in table} == set(FIGURES)
    for row in table:
        assert row["note"] and row["source"].startswith("https://"), row
        assert re.fullmatch(r"20\d\d", row["year"]), row
        # A share on 0-1, written without a percent sign; a whole number of parameters.
        form = r"\d+" if row["figure"] == "mean_parameters" else r"0\.\d+"
        assert re.fullmatch(form, row["value"]), row
        found = reference.published()[row["figure"], int(row["year"])]
        assert (str(found.year), found.note, found.source) == (row["year"], row["note"], row["source"])
    values = {(figure, year): p.value for (figure, year), p in reference.published().items()}
    assert values == {
        ("china_share", 2025): 0.171, ("us_share", 2025): 0.158, ("deepseek_qwen_share", 2025): 0.14,
        ("intermediary_share", 2025): 0.22, ("disclosed_share", 2022): 0.793, ("disclosed_share", 2023): 0.585,
        ("disclosed_share", 2024): 0.535, ("disclosed_share", 2025): 0.398, ("mean_parameters", 2023): 827e6,
        ("mean_parameters", 2025): 20.8e9,
    }  # fmt: skip


def test_every_relation_has_a_weight_that_says_where_it_is_from() -> None:
    table = rows("relation_weights.csv")
    assert {row["relation"] for row in table} == {*RELATIONS, "unlabelled"}
    assert all(row["source"].startswith("https://") for row in table)
    assert reference.relation_weights() == {
        "finetune": 1.0, "adapter": 0.8, "merge": 0.5, "quantized": 0.3, "copy": 0.5, "unlabelled": 0.5,
    }  # fmt: skip
