"""The study's figures over a table of sixty models drawn for it, every answer worked out by hand.

The working. Downloads of 30 days; all-time ones are ten times as many but for duo/h (71) and the crowd (2 each).

    model               created     30d  says     size          goes back to
    blue/g-1b           2022         40  yes      1e9 (name)    itself
    red/f               2022         10  unknown                itself
    Qwen/m-7b           2023        100  yes      7e9           itself
    blue/g-1b-tuned     2023         30  no       1e9 (name)    blue/g-1b, its own
    duo/h               2023          7  no       2e9 (gguf)    itself; duo is in CN and US: 4 and 3
    Qwen/m-7b-GGUF      2024         50  no       7e9 (base)    Qwen/m-7b, its own
    alicloud/e          2024         20  yes                    itself; alicloud is of the group alibaba, as Qwen
    kong/i              2024          9  unknown                itself; kong is in HK
    bartowski/m-7b-GGUF 2024         60  no       7e9 (base)    Qwen/m-7b
    bartowski/g-1b-GGUF 2024          5  no       1e9 (base)    blue/g-1b
    stubber/q           2024         15  no       3e9 (base)    gone/base-3b, which is not there
    anon/edge           2024-08-31    2  unknown                itself
    anon/before         2024-08-30    1  unknown                itself
    deepseek-ai/d       2025         80  no       600e9         itself
    anon/merge          2025         11  no                     blue/g-1b 4, red/f 4, duo/h 3
    mirror/plain        2025         13  no                     blue/g-1b, unlabelled
    mirror/lora         2025          6  yes                    Qwen/m-7b
    anon/late           2025-09-01    4  unknown                itself; after the day of the snapshot
    zero/z              2025          0  yes                    itself
    gpt-old             no date       3  no                     itself; no account
    anon/c01 … c40      ten each in 2023, 2024, 2025 and without a date: 1, unknown, itself
"""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from lineage.errors import UsageError
from lineage.session import Session
from tests.conftest import Build
from tests.test_answers import rows

TABLE = """account,countries,owner_group
red,CN,
blue,US,
duo,CN;US,
kong,HK,
alicloud,CN,alibaba
bartowski,,
anon,,
mirror,,
stubber,,
zero,,
gone,,
"""


def model(name: str, day: str | None, downloads: int, *tags: str, all_time: int | None = None, **more: Any) -> Any:
    dated = {"createdAt": day if "T" in day else f"{day}T12:00:00Z"} if day else {}
    total = 10 * downloads if all_time is None else all_time
    return {"id": name, "downloads": downloads, "downloadsAllTime": total, "tags": list(tags), **dated, **more}


def of(base: str, relation: str) -> tuple[str, str]:
    return f"base_model:{base}", f"base_model:{relation}:{base}"


DRAWN = [
    model("blue/g-1b", "2022-06-01", 40, "dataset:x"),
    model("red/f", "2022-12-31T23:59:59Z", 10),
    model("Qwen/m-7b", "2023-05-01", 100, "dataset:x", safetensors={"total": 7_000_000_000}),
    model("blue/g-1b-tuned", "2023-01-01T00:00:00Z", 30, *of("blue/g-1b", "finetune")),
    model("duo/h", "2023-07-01", 7, "license:mit", all_time=71, gguf={"total": 2_000_000_000}),
    model("Qwen/m-7b-GGUF", "2024-05-01", 50, *of("Qwen/m-7b", "quantized"), gguf={"total": 9_000_000_000}),
    model("alicloud/e", "2024-01-01", 20, "dataset:y"),
    model("kong/i", "2024-08-01", 9),
    model("bartowski/m-7b-GGUF", "2024-02-02", 60, *of("Qwen/m-7b", "quantized")),
    model("bartowski/g-1b-GGUF", "2024-03-03", 5, *of("blue/g-1b", "quantized")),
    model("stubber/q", "2024-04-04", 15, *of("gone/base-3b", "quantized")),
    model("anon/edge", "2024-08-31T00:00:00Z", 2),
    model("anon/before", "2024-08-30T23:59:59Z", 1),
    model("deepseek-ai/d", "2025-01-01", 80, "license:mit", safetensors={"total": 600_000_000_000}),
    model("anon/merge", "2025-06-01", 11,
          cardData={"base_model": ["blue/g-1b", "red/f", "duo/h"], "base_model_relation": "merge"}),
    model("mirror/plain", "2025-02-02", 13, "base_model:blue/g-1b"),
    model("mirror/lora", "2025-02-03", 6, *of("Qwen/m-7b", "adapter"), "dataset:z"),
    model("anon/late", "2025-09-01", 4),
    model("zero/z", "2025-05-05", 0, "dataset:z"),
    model("gpt-old", None, 3, "license:mit"),
    *(model(f"anon/c{i:02}", ("2023-03-03", "2024-03-03", "2025-03-03", None)[(i - 1) // 10], 1, all_time=2)
      for i in range(1, 41)),
]  # fmt: skip

DAY = "2025-08-31"


def share(numerator: int, denominator: int) -> float | None:
    return float(round(Fraction(numerator, denominator), 12)) if denominator else None


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Session:
    from lineage.catalog import Catalog
    from lineage.pipeline import build

    folder = tmp_path_factory.mktemp("drawn")
    (folder / "who.csv").write_text(TABLE, encoding="utf-8")
    (folder / "drawn.json").write_text(json.dumps(DRAWN), encoding="utf-8")
    catalog = Catalog(folder / "home")
    built = build(str(folder / "drawn.json"), catalog=catalog, taken_at=DAY, publishers=folder / "who.csv")
    return Session(built.snapshot, catalog)


def test_it_has_sixty_models(drawn: Session) -> None:
    assert len(DRAWN) == 60 and drawn.select().denominator == 466 + 40
    assert drawn.select(window="all_time").denominator == 4660 + 1 + 80
    young = drawn.select(window="under_1y")
    # deepseek-ai/d, merge, plain, lora, edge, zero and ten of the crowd.
    assert (young.denominator, young.undated) == (800 + 110 + 130 + 60 + 20 + 0 + 20, 11)


DISCLOSURE = {
    "30d": [
        # year, yes, no, unknown, by_ancestor, models, publishers
        ("2022", 40, 0, 10, 0, 1, 1),
        ("2023", 100, 30 + 7, 10, 30, 1, 1),
        ("2024", 20, 50 + 60 + 5 + 15, 9 + 2 + 1 + 10, 50 + 60 + 5, 1, 1),
        ("2025", 6 + 0, 80 + 11 + 13, 4 + 10, 11 + 13, 2, 2),
        ("(undated)", 0, 3, 10, 0, 0, 0),
        ("all", 166, 274, 66, 30 + 115 + 24, 5, 5),
    ],
    "all_time": [
        ("2022", 400, 0, 100, 0, 1, 1),
        ("2023", 1000, 300 + 71, 20, 300, 1, 1),
        ("2024", 200, 1300, 90 + 20 + 10 + 20, 1150, 1, 1),
        ("2025", 60, 800 + 110 + 130, 40 + 20, 240, 2, 2),
        ("(undated)", 0, 30, 20, 0, 0, 0),
        ("all", 1660, 2741, 340, 1690, 5, 5),
    ],
    "under_1y": [("2024", 0, 0, 20, 0, 0, 0), ("2025", 60, 1040, 20, 240, 2, 2), ("all", 60, 1040, 40, 240, 2, 2)],
}


@pytest.mark.parametrize("window", DISCLOSURE)
def test_disclosure(drawn: Session, window: str) -> None:
    found = rows(drawn, "disclosure", window=window)
    names = ("year", "yes", "no", "unknown", "by_ancestor", "models", "publishers")
    assert [tuple(r[n] for n in names) for r in found] == DISCLOSURE[window]
    for r in found:
        total = r["yes"] + r["no"] + r["unknown"]
        assert (r["numerator"], r["denominator"]) == (r["yes"], total)
        assert (r["share"], r["share_low"]) == (share(r["yes"], total),) * 2
        assert (r["share_high"], r["coverage"]) == (
            share(r["yes"] + r["unknown"], total),
            share(r["yes"] + r["no"], total),
        )
        assert (r["frame"], r["window"], r["basis"], r["taken_at"]) == ("all", window, "declared", DAY)
    first = {r["year"]: r["share"] for r in found}
    if window == "30d":
        assert first["2022"] == 0.8 and first["2023"] == 0.680272108844  # 100 / 147


def test_disclosure_in_a_frame_looks_above_it(drawn: Session) -> None:
    found = rows(drawn, "disclosure", frame="with-lineage")[-1]
    # Of seven models with a base only lora says yes; the data of the others' ancestors are known but stubber's.
    assert (found["yes"], found["no"], found["unknown"]) == (6, 50 + 30 + 11 + 65 + 13 + 15, 0)
    assert found["by_ancestor"] == 169


SIZES = [
    # year, numerator in 10^9, denominator, downloads, models, sized, from safetensors, gguf, name, base
    ("2022", 40, 40, 50, 2, 1, 0, 0, 40, 0),
    ("2023", 700 + 30 + 14, 137, 147, 13, 3, 100, 7, 30, 0),
    ("2024", 350 + 420 + 5 + 45, 130, 172, 18, 4, 0, 0, 0, 130),
    ("2025", 48_000, 80, 124, 16, 1, 80, 0, 0, 0),
    ("(undated)", 0, 0, 13, 11, 0, 0, 0, 0, 0),
    ("all", 49_604, 387, 506, 60, 9, 180, 7, 70, 130),
]


def test_sizes(drawn: Session) -> None:
    found = rows(drawn, "sizes")
    assert [r["year"] for r in found] == [s[0] for s in SIZES]
    for r, (_, billions, den, downloads, models, sized, *evidence) in zip(found, SIZES, strict=True):
        assert (int(r["numerator"]), r["denominator"], r["downloads"]) == (billions * 10**9, den, downloads)
        assert r["mean_parameters"] == (billions * 10**9 / den if den else None)
        assert (r["models"], r["sized_models"], r["coverage"]) == (models, sized, share(den, downloads))
        assert [r[f"from_{word}"] for word in ("safetensors", "gguf", "name", "base")] == evidence
    assert [r["mean_parameters"] for r in found[:2]] == [1e9, 744e9 / 137]
    young = {r["year"]: (r["numerator"], r["denominator"]) for r in rows(drawn, "sizes", window="under_1y")}
    assert young == {"2024": (0, 0), "2025": (480_000 * 10**9, 800), "all": (480_000 * 10**9, 800)}


CONCENTRATION = {
    # 0 3 7 9 10 15 19 20 58 65 70 80 150; weights -12 … 12: -30-56-54-40-30+40+232+390+560+800+1800
    "publisher": (42_614, 3_612, 13, 506, 150, 506 - 0 - 3 - 7, None),
    # 0, forty-one of 1, 2 3 4 9 10 14 15 20 80 92 216
    "family": (62_592, 22_482, 53, 506, 216, 463, None),
    # 9 73 264; weights -2 0 2
    "country": (75_106, 510, 3, 346, 264, 346, share(160, 506)),
}


@pytest.mark.parametrize("over", CONCENTRATION)
def test_concentration(drawn: Session, over: str) -> None:
    squares, ranked, n, total, first, ten, unknown = CONCENTRATION[over]
    (r,) = rows(drawn, "concentration", over=over)
    assert (r["n"], r["total"], r["unknown_share"]) == (n, total, unknown)
    assert (r["hhi"], r["gini_population"]) == (share(squares, total**2), share(ranked, n * total))
    assert (r["top1"], r["top10"]) == (share(first, total), share(ten, total))
    assert (r["over"], r["frame"], r["window"], r["basis"], r["taken_at"]) == (over, "all", "30d", "declared", DAY)


FIGURES = {
    # figure, rule, by: numerator, what may belong to it
    ("china_share", None, "publisher"): (150 + 80 + 20 + 10 + 4, 160),
    ("china_share", None, "origin"): (216 + 80 + 20 + 14 + 5, 65),
    ("us_share", None, "publisher"): (70 + 3, 160),
    ("us_share", None, "origin"): (92 + 5, 65),
    ("deepseek_qwen_share", "group", "publisher"): (250, 3),
    ("deepseek_qwen_share", "account", "publisher"): (230, 3),
    ("deepseek_qwen_share", "group", "origin"): (316, 3),
    ("deepseek_qwen_share", "account", "origin"): (296, 3),
    ("intermediary_share", "R1", None): (65, None),
    ("intermediary_share", "R2", None): (65 + 15, None),
    ("intermediary_share", "R3", None): (65 + 15, None),
    ("intermediary_share", "R4", None): (60 + 5 + 15, 316 + 13),
    ("intermediary_share", "R5", None): (80 + 11 + 6, 316 + 13),
    ("intermediary_share", "R6", None): (97 + 13, 316),
}


def test_figures(drawn: Session) -> None:
    found = {(r["figure"], r["rule"], r["by"]): r for r in rows(drawn, "figures") if r["year"] is None}
    assert list(found) == list(FIGURES)
    for key, (numerator, unknown) in FIGURES.items():
        r = found[key]
        assert (int(r["numerator"]), r["denominator"], r["missing"]) == (numerator, 506, None), key
        assert r["value"] == share(numerator, 506)
        bounds = (None,) * 3
        if unknown is not None:
            bounds = (share(numerator, 506), share(numerator + unknown, 506), share(506 - unknown, 506))  # type: ignore[assignment]
        assert (r["share_low"], r["share_high"], r["coverage"]) == bounds, key
        assert r["comparable"] == "no" and r["why"].endswith(".") and r["definition"].endswith(".")
    published = {(r["figure"], r["published"], r["published_year"]) for r in found.values()}
    assert published == {("china_share", 0.171, 2025), ("us_share", 0.158, 2025), ("deepseek_qwen_share", 0.14, 2025),
                         ("intermediary_share", 0.22, 2025)}  # fmt: skip


def test_countries_in_the_other_windows(drawn: Session) -> None:
    def numerators(window: str) -> list[tuple[int, int]]:
        chosen = ("china_share", "us_share")
        return [(int(r["numerator"]), r["denominator"]) for r in rows(drawn, "figures", figure=chosen, window=window)]

    # duo's 71 are 36 and 35; of merge's 110 blue/g-1b and red/f have 37, duo/h 36; duo/h then 107, 54 and 53.
    assert numerators("all_time") == [(2636, 4741), (2160 + 800 + 200 + 137 + 54, 4741), (735, 4741), (970, 4741)]
    assert numerators("under_1y") == [(800, 1140), (800 + 60 + 37 + 18, 1140), (0, 1140), (37 + 130 + 18, 1140)]


def test_yearly_figures_stand_beside_the_published_values(drawn: Session) -> None:
    found = rows(drawn, "figures", figure=["disclosed_share", "mean_parameters"])
    got = [(r["figure"][:4], r["year"], int(r["numerator"]), r["denominator"], r["published"]) for r in found]
    published = {"2022": 0.793, "2023": 0.585, "2024": 0.535, "2025": 0.398}
    said = [(y, yes, yes + no + unknown) for y, yes, no, unknown, *_ in DISCLOSURE["30d"]]
    sized = {"2023": 827e6, "2025": 20.8e9}
    assert got == [
        *(("disc", y, yes, total, published.get(y)) for y, yes, total in said),
        *(("mean", y, billions * 10**9, den, sized.get(y)) for y, billions, den, *_ in SIZES),
    ]
    assert {r["comparable"] for r in found} == {"no"}
    for r in found:
        assert ("no published value" in r["why"]) == (r["published"] is None)
        low, high = (r["value"], r["share_high"]) if r["figure"] == "disclosed_share" else (None, None)
        assert (r["share_low"], r["share_high"]) == (low, high)
    # Under one year there are no models of 2022: the published year stands there with nothing to divide by.
    young = rows(drawn, "figures", figure="disclosed_share", window="under_1y")[0]
    assert (young["year"], young["numerator"], young["denominator"], young["value"]) == ("2022", 0, 0, None)


def test_members_of_figures(drawn: Session) -> None:
    found = rows(drawn, "figures", members=True)

    def of_(**chosen: Any) -> set[tuple[str, int, int | None]]:
        mine = [m for m in found if all(m[k] == v for k, v in chosen.items())]
        return {(m["id"], m["downloads"], None if m["counted"] is None else int(m["counted"])) for m in mine}

    assert of_(figure="us_share", by="publisher") == {
        ("blue/g-1b", 40, 40),
        ("blue/g-1b-tuned", 30, 30),
        ("duo/h", 7, 3),
    }
    below = {("blue/g-1b", 40), ("blue/g-1b-tuned", 30), ("duo/h", 7), ("bartowski/g-1b-GGUF", 5), ("mirror/plain", 13),
             ("anon/merge", 11)}  # fmt: skip
    assert of_(figure="us_share", by="origin") == {(m, d, None) for m, d in below}
    assert of_(figure="deepseek_qwen_share", rule="account", by="publisher") == {
        ("Qwen/m-7b", 100, 100), ("Qwen/m-7b-GGUF", 50, 50), ("deepseek-ai/d", 80, 80)}  # fmt: skip
    assert of_(figure="mean_parameters", year="2022") == {("blue/g-1b", 40, 40 * 10**9)}
    assert of_(figure="disclosed_share", year="2025") == {("mirror/lora", 6, 6), ("zero/z", 0, 0)}
    sums: dict[tuple[Any, ...], int] = {}
    for m in found:
        key = (m["figure"], m["rule"], m["by"], m["year"])
        sums[key] = sums.get(key, 0) + int(m["counted"] or 0)
    for r in rows(drawn, "figures"):
        if r["by"] != "origin":
            assert sums.get((r["figure"], r["rule"], r["by"], r["year"]), 0) == r["numerator"]
    said = [(m["key"], m["id"], m["counted"]) for m in rows(drawn, "disclosure", members=True)]
    assert said == [("2022", "blue/g-1b", 40), ("2023", "Qwen/m-7b", 100), ("2024", "alicloud/e", 20),
                    ("2025", "mirror/lora", 6), ("2025", "zero/z", 0), ("all", "Qwen/m-7b", 100), ("all", "blue/g-1b", 40),
                    ("all", "alicloud/e", 20), ("all", "mirror/lora", 6), ("all", "zero/z", 0)]  # fmt: skip


# --- what is not there ------------------------------------------------------------------------------


def test_what_is_missing_is_named_and_never_a_zero(build_rows: Build) -> None:
    plain = build_rows(
        [{"id": "a/m", "downloads": 5, "pipeline_tag": "text-generation"}, {"id": "a/n", "downloads": 2}]
    )
    found = rows(plain, "figures")
    claims = "tags, card, base_models, config, listed, readme"
    for r in found:
        expected = None
        if r["by"] == "origin" or r["rule"] in ("R2", "R3", "R4", "R5", "R6"):
            expected = claims
        if r["figure"] == "disclosed_share":
            expected = "tags, card, readme" + ("" if r["year"] == "all" else ", created_at")
        if r["figure"] == "mean_parameters" and r["year"] != "all":
            expected = "created_at"
        assert r["missing"] == expected, r
        empty = [r[c] is None for c in ("numerator", "denominator")]
        assert empty == [expected is not None] * 2
        if expected:
            assert [r[c] for c in ("value", "share_low", "share_high", "coverage")] == [None] * 4
    assert {m["figure"] for m in rows(plain, "figures", members=True)} == set()
    with pytest.raises(UsageError, match="tags, card or readme"):
        plain.table("disclosure")
    with pytest.raises(UsageError, match="tags, card or readme"):
        plain.table("disclosure", members=True)


def test_without_downloads_every_figure_says_so(build_rows: Build) -> None:
    bare = build_rows([{"id": "a/m", "tags": ["dataset:x"], "createdAt": "2024-01-01T00:00:00Z"}])
    found = rows(bare, "figures")
    assert {(r["missing"], r["numerator"], r["value"]) for r in found} == {("downloads", None, None)}
    assert {(r["figure"], r["rule"], r["by"]) for r in found} >= set(FIGURES)
    assert rows(bare, "figures", members=True) == []
    for name, options in (("disclosure", {}), ("sizes", {}), ("concentration", {"over": "family"})):
        with pytest.raises(UsageError, match="needs the column downloads"):
            bare.table(name, **options)


def test_a_card_or_an_edge_list_is_enough(build_rows: Build, tmp_path: Path) -> None:
    card = build_rows([{"id": "a/m", "downloads": 5, "cardData": {"datasets": ["x"]}}, {"id": "a/n", "downloads": 1}])
    (only,) = rows(card, "disclosure")
    assert (only["year"], only["yes"], only["unknown"]) == ("all", 5, 1)
    # The two accounts are found without case, and the group of Qwen is known where Qwen itself is not there.
    other = build_rows([{"id": "QWEN/m", "downloads": 5, "tags": []}, {"id": "DeepSeek-AI/n", "downloads": 2}])
    assert {int(r["numerator"]) for r in rows(other, "figures", figure="deepseek_qwen_share")} == {7}
    cousin = build_rows([{"id": "Alibaba-NLP/m", "downloads": 5, "tags": ["license:mit"]}])
    got = {(r["rule"], r["by"]): r["numerator"] for r in rows(cousin, "figures", figure="deepseek_qwen_share")}
    assert got == {
        ("group", "publisher"): 5,
        ("group", "origin"): 5,
        ("account", "publisher"): 0,
        ("account", "origin"): 0,
    }


def test_an_empty_frame_has_nothing_to_divide_by(drawn: Session) -> None:
    for r in rows(drawn, "figures", frame="library:none-such"):
        assert r["denominator"] == 0 and r["value"] is None and r["missing"] is None
    (only,) = rows(drawn, "disclosure", frame="library:none-such")
    assert (only["year"], only["denominator"], only["share"], only["coverage"]) == ("all", 0, None, None)
    (only,) = rows(drawn, "concentration", over="country", frame="library:none-such")
    assert (only["n"], only["hhi"], only["gini_population"], only["top1"], only["unknown_share"]) == (0, *[None] * 4)
    assert rows(drawn, "sizes", frame="library:none-such")[0]["mean_parameters"] is None


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("figures", {"figure": "china"}, "There is no figure 'china'. Did you mean china_share"),
        ("figures", {"figure": ["china_share", "x"]}, "There are: china_share, us_share"),
        ("figures", {"owner": "nobody", "figure": "china_share"}, "group, account"),
        ("figures", {"list": "nobody", "figure": "china_share"}, "ten-accounts-2024"),
        ("figures", {"window": "week"}, "30d, all_time, under_1y"),
        ("figures", {"frame": "quux"}, "There is no frame 'quux'"),
        ("figures", {"basis": "guessed"}, "declared, stated, inferred"),
        ("disclosure", {"window": "week"}, "30d, all_time, under_1y"),
        ("sizes", {"frame": "quux"}, "There is no frame 'quux'"),
        ("concentration", {"over": "publishers"}, "Did you mean publisher. There are: publisher, family, country"),
        ("concentration", {"over": "relation"}, "There are: publisher, family, country"),
    ],
)
def test_what_cannot_be_asked(drawn: Session, name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        drawn.table(name, **options)
