"""A table of the Hub's models as Parquet in any schema that it ever had or may get, and its twin in plain JSON.

`drawn(seed)` draws for each column how it is written; whatever it is, both must be read as the same.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pyarrow as pa

#: Some values of a column, as they are in JSON → the same in Parquet, and as they are then in JSON.
Way = Callable[[list[Any]], tuple[pa.Array, list[Any]]]

_BEYOND = 2**70
"""More than any integer of a column of Parquet."""


def _typed(kind: pa.DataType, turn: Callable[[Any], Any] = lambda v: v) -> Way:
    return lambda values: (pa.array([None if v is None else turn(v) for v in values], kind), values)


def _text(values: list[Any]) -> tuple[pa.Array, list[Any]]:
    return pa.array([None if v is None else json.dumps(v) for v in values], pa.string()), values


def _python(values: list[Any]) -> tuple[pa.Array, list[Any]]:
    return pa.array([None if v is None else str(v) for v in values], pa.string()), values


def _inferred(values: list[Any]) -> tuple[pa.Array, list[Any]]:
    return pa.array(values), values


def _coded(values: list[Any]) -> tuple[pa.Array, list[Any]]:
    return pa.array(values, pa.string()).dictionary_encode(), values


def _nothing(values: list[Any]) -> tuple[pa.Array, list[Any]]:
    return pa.nulls(len(values)), [None] * len(values)


def _bytes(values: list[Any]) -> tuple[pa.Array, list[Any]]:
    texts = [None if v is None else v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in values]
    return pa.array([None if t is None else t.encode() for t in texts], pa.binary()), values


def _moment(unit: str, zone: str | None) -> Way:
    def way(values: list[Any]) -> tuple[pa.Array, list[Any]]:
        times = [None if v is None else datetime.fromisoformat(v) for v in values]
        return pa.array(
            times if zone else [t and t.replace(tzinfo=None) for t in times], pa.timestamp(unit, zone)
        ), values

    return way


def _days(values: list[Any]) -> tuple[pa.Array, list[Any]]:
    days = [None if v is None else v[:10] for v in values]
    return pa.array([d and date.fromisoformat(d) for d in days], pa.date32()), days


def _numbers(values: list[Any]) -> tuple[pa.Array, list[Any]]:
    """Milliseconds, which are no date that is understood: counted as unreadable, and the same in JSON."""
    numbers = [None if v is None else int(datetime.fromisoformat(v).timestamp() * 1000) for v in values]
    return pa.array(numbers, pa.int64()), numbers


def _ids_alone(values: list[Any]) -> tuple[pa.Array, list[Any]]:
    ids = [None if v is None else [m["id"] for m in v["models"]] for v in values]
    return pa.array(ids, pa.list_(pa.string())), ids


def _models_alone(values: list[Any]) -> tuple[pa.Array, list[Any]]:
    models = [None if v is None else v["models"] for v in values]
    return pa.array(models), models


def _total(kind: pa.DataType, turn: Callable[[Any], Any] = lambda v: v) -> Way:
    """Objects with a `total` of this type, and a number in them that fits no integer of a column."""
    fields = pa.struct([("total", kind), ("architecture", pa.string()), ("context_length", pa.decimal128(38, 0))])

    def way(values: list[Any]) -> tuple[pa.Array, list[Any]]:
        rest = {"architecture": "llama", "context_length": Decimal(_BEYOND)}
        objects = [None if v is None else {"total": turn(v["total"]), **rest} for v in values]
        return pa.array(objects, fields), [v and {**v, "architecture": "llama"} for v in values]

    return way


_COUNTS: tuple[Way, ...] = (
    _typed(pa.int32()),
    _typed(pa.int64()),
    _typed(pa.uint64()),
    _typed(pa.float64(), float),
    _typed(pa.decimal128(38, 0), Decimal),
    _typed(pa.string(), str),
    _typed(pa.string(), lambda v: f"{v}.0"),
)
_TIMES: tuple[Way, ...] = (
    *(_moment(unit, zone) for unit in ("ms", "us", "ns") for zone in (None, "UTC")),
    _moment("us", "Asia/Tokyo"),
    _typed(pa.string()),
    _days,
    _numbers,
)
_WORDS: tuple[Way, ...] = (_typed(pa.string()), _typed(pa.large_string()), _coded, _bytes)
_OBJECTS: tuple[Way, ...] = (_text, _inferred, _bytes, _python)
_TOTALS: tuple[Way, ...] = (
    _text,
    _inferred,
    _total(pa.uint64()),
    _total(pa.float64(), float),
    _total(pa.decimal128(38, 2), Decimal),
    _total(pa.string(), str),
)

#: The columns of the Hub's own table, and the ways in which each may be written.
WAYS: dict[str, tuple[Way, ...]] = {
    "id": _WORDS,
    "_id": _WORDS,
    "downloads": _COUNTS,
    "downloadsAllTime": _COUNTS,
    "likes": _COUNTS,
    "createdAt": _TIMES,
    "lastModified": _TIMES,
    "pipeline_tag": _WORDS,
    "library_name": _WORDS,
    "tags": (
        _typed(pa.list_(pa.string())),
        _typed(pa.large_list(pa.large_string())),
        _typed(pa.list_(pa.binary()), lambda v: [t.encode() for t in v]),
        _text,
        _python,
    ),
    "cardData": _OBJECTS,
    "baseModels": (_text, _inferred, _bytes, _ids_alone, _models_alone),
    "config": (_text, _inferred, _bytes),
    "siblings": (_text, _inferred, _bytes),
    "safetensors": _TOTALS,
    "gguf": _TOTALS,
}

#: Columns that nothing reads, of types that nothing expects.
_NEW: dict[str, Callable[[int], pa.Array]] = {
    "author": lambda n: pa.array(["x"] * n),
    "trendingScore": lambda n: pa.array([0.5] * n, pa.float16()),
    "inference": lambda n: pa.array([timedelta(seconds=1)] * n),
    "spaces": lambda n: pa.array([[["a"]]] * n),
    "evalResults": lambda n: pa.array([[("k", _BEYOND)]] * n, pa.map_(pa.string(), pa.decimal128(38, 0))),
    "License": lambda n: pa.array([{"License": "a", "license": "b"}] * n),
    "xetEnabled": lambda n: pa.nulls(n),
}


def models(count: int = 14) -> list[dict[str, Any]]:
    """Models with something in every column of the Hub's table, and nothing in some rows of each."""
    rows = []
    for i in range(count):
        id, base = (
            f"maker-{i % 3}/Größe-{i}".replace("ö", "o").replace("ß", "s"),
            f"Maker-{(i // 2) % 3}/grosse-{i // 2}",
        )
        made = datetime(2024, 1, 1, 12, tzinfo=UTC) + timedelta(days=9 * i, milliseconds=i)
        times = [t.isoformat(timespec="milliseconds").replace("+00:00", "Z") for t in (made, made + timedelta(days=3))]
        quantized = i % 3 == 2
        card: dict[str, Any] = {"license": "apache-2.0", "tags": ["größe", "it's"], "language": ["de"]}
        if i % 4 == 1:
            card |= {"base_model": [base, "else/where"], "datasets": ["a/data"]}
        rows.append(
            {
                "id": id,
                "_id": f"{i:024x}",
                "downloads": 1_000 * i + 7,
                "downloadsAllTime": 900_000_000 + i,
                "likes": i if i % 5 else None,
                "createdAt": times[0],
                "lastModified": times[1],
                "pipeline_tag": "text-generation" if i % 2 else None,
                "library_name": "transformers" if i % 3 else None,
                "tags": ["größe", 'a "quoted" tag', *([f"base_model:{base}", "gguf"] if quantized else [])],
                "cardData": card if i % 6 else None,
                "baseModels": {"relation": "quantized", "models": [{"_id": f"{i // 2:024x}", "id": base}]}
                if quantized
                else None,
                "config": {"model_type": "llama", "quantization_config": {"quant_method": "awq", "bits": 4}}
                if i == 7
                else {"model_type": "llama", "peft": {"base_model_name_or_path": base}}
                if i == 9
                else None,
                "siblings": [{"rfilename": "model.Q4_K_M.gguf" if quantized else "model.safetensors"}],
                "safetensors": {"total": 7_000_000_000 + i} if i % 2 else None,
                "gguf": {"total": 8_000_000_000 + i} if quantized else None,
            }
        )
    return rows


@dataclass(frozen=True)
class Drawn:
    """A table in both forms."""

    parquet: pa.Table
    json: list[dict[str, Any]]
    absent: frozenset[str]
    """Columns of the Hub's table that it does not have."""
    empty: frozenset[str]
    """Columns that it has, with nothing in them."""


def drawn(seed: int) -> Drawn:
    """The table of this seed."""
    random = Random(seed)
    rows = models()
    columns: dict[str, pa.Array] = {}
    twins: list[dict[str, Any]] = [{} for _ in rows]
    absent, empty = set(), set()
    for name, ways in random.sample(list(WAYS.items()), len(WAYS)):
        luck = random.random()
        if luck < 0.12 and name != "id":
            absent.add(name)
            continue
        way = random.choice(ways)
        if luck > 0.9 and name != "id":
            way = _nothing
            empty.add(name)
        spelled = random.choice(("id", "modelId")) if name == "id" else name
        columns[spelled], values = way([row[name] for row in rows])
        for twin, value in zip(twins, values, strict=True):
            twin[spelled] = value
    for name in random.sample(list(_NEW), random.randint(0, len(_NEW))):
        columns[name] = _NEW[name](len(rows))
    return Drawn(pa.table(columns), twins, frozenset(absent), frozenset(empty))
