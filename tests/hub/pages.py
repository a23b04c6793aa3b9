"""The list of models: sorts, filters, cursors and the links from page to page."""

import base64
import binascii
import json
import threading
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from tests.hub.answers import Answer, in_json, refusal
from tests.hub.names import FULL, LIST_EXPAND, PLAIN
from tests.hub.table import Table
from tests.hub.values import sort_value, written

_SORTS = ("createdAt", "lastModified", "downloads", "likes", "trendingScore", "_id")

#: The size of a page that nobody asked for.
_DEFAULT = 500

#: The most orders that are kept: a sort of 200,000 rows takes a third of a second.
_KEPT = 16

#: Where a row stands in an order: nulls last, then the value, then `_id`, then its place in the table.
Key = tuple[bool, int | float, bool, str, int | float]


class RefusedError(Exception):
    """A request that the list route does not answer; holds the answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Order:
    """The rows that pass the filters, in one order, and the key of each."""

    rows: list[int]
    keys: list[Key]


class Pages:
    """Answers `/api/models` over a table."""

    def __init__(self, table: Table, page: int, refuses: Collection[str], said: Callable[[list[str]], str]) -> None:
        """At most `page` records an answer; `refuses` are names that `expand` does not take, which is `said` then."""
        self._said = said
        self._table = table
        self._page = page
        self.accepted = [n for n in LIST_EXPAND if n not in refuses]
        self._orders: dict[Any, Order] = {}
        self._lock = threading.Lock()
        shared: set[str] = set()
        once: set[str] = set()
        for id in table.hub_ids:
            (shared if id in once else once).add(id)
        self._shared = shared

    def answer(self, query: Mapping[str, list[str]], address: str) -> Answer:
        """The page that a query asks for; `address` is that of the route, for the link to the next one."""
        try:
            body, following = self._answer(query)
        except RefusedError as refused:
            return refused.answer
        answer = in_json(body)
        if following:
            answer.headers["Link"] = link_to(query, address, following)
        return answer

    def _answer(self, query: Mapping[str, list[str]]) -> tuple[bytes, str | None]:
        size = min(_limit(query), self._page)
        names = self._names(query)
        sort, ascending = self._sort(query)
        order = self._order(sort, ascending, query)
        start = 0
        if cursor := _last(query, "cursor"):
            start = bisect_right(order.keys, self._read(cursor, sort, ascending))
        rows = order.rows[start : start + size]
        body = b"[" + b",".join(self._table.render(rows, names)) + b"]"
        if start + size >= len(order.rows):
            return body, None
        return body, self._cursor(rows[-1], order.keys[start + size - 1], sort, ascending)

    def _names(self, query: Mapping[str, list[str]]) -> frozenset[str]:
        """The fields that are sent."""
        asked = expand_of(query)
        if asked:
            check_expand(asked, self.accepted, self._said)
            return frozenset({"_id", "id", *asked})
        names = FULL if _is_true(query, "full") else PLAIN
        more = {n for flag, n in (("cardData", "cardData"), ("config", "config")) if _is_true(query, flag)}
        if self._sort(query)[0] == "trendingScore":
            more.add("trendingScore")
        return names | more

    def _sort(self, query: Mapping[str, list[str]]) -> tuple[str, bool]:
        """The sort, and whether it ascends. Unasked, the Hub shows what is talked about, where that is known."""
        sort = _last(query, "sort") or ("trendingScore" if self._table.fills("trendingScore") else "createdAt")
        if sort not in _SORTS:
            raise RefusedError(refusal(400, f'"sort" must be one of [{", ".join(_SORTS)}]'))
        direction = _last(query, "direction") or "-1"
        if direction not in ("1", "-1"):
            raise RefusedError(refusal(400, '"direction" must be one of [1, -1]'))
        return sort, direction == "1"

    def _order(self, sort: str, ascending: bool, query: Mapping[str, list[str]]) -> Order:
        asked = tuple((n, tuple(query.get(n, ()))) for n in ("author", "search", "filter", "pipeline_tag"))
        with self._lock:
            if (sort, ascending, asked) not in self._orders:
                if len(self._orders) >= _KEPT:
                    self._orders.pop(next(iter(self._orders)))
                self._orders[sort, ascending, asked] = self._sorted(sort, ascending, dict(asked))
            return self._orders[sort, ascending, asked]

    def _sorted(self, sort: str, ascending: bool, asked: Mapping[str, tuple[str, ...]]) -> Order:
        rows = self._passing(asked)
        values = self._table.sort_values(sort)
        ids = self._table.hub_ids
        pairs = sorted((_key(values[row], ascending, ids[row], row), row) for row in rows)
        return Order([row for _, row in pairs], [key for key, _ in pairs])

    def _passing(self, asked: Mapping[str, tuple[str, ...]]) -> list[int]:
        rows = list(range(len(self._table)))
        ids = self._table.ids
        for author in asked["author"][-1:]:
            start = author.casefold() + "/"
            rows = [r for r in rows if isinstance(ids[r], str) and ids[r].casefold().startswith(start)]
        for part in asked["search"][-1:]:
            part = part.casefold()
            rows = [r for r in rows if isinstance(ids[r], str) and part in ids[r].casefold()]
        if asked["filter"]:
            tags = self._table.values("tags")
            rows = [r for r in rows if isinstance(tags[r], list) and all(tag in tags[r] for tag in asked["filter"])]
        for task in asked["pipeline_tag"][-1:]:
            tasks = self._table.values("pipeline_tag")
            rows = [r for r in rows if tasks[r] == task]
        return rows

    def _cursor(self, row: int, key: Key, sort: str, ascending: bool) -> str:
        """What comes after a row, as a filter: that is all that a page needs to know of the one before."""
        null, signed, no_id, id, place = key
        value = None if null else written(sort, signed if ascending else -signed)
        tie: dict[str, Any] = {}
        if sort != "_id":
            tie["_id"] = None if no_id else {"$gt": id}
        if no_id or id in self._shared or sort == "_id":
            tie["place"] = {"$gt": place}
        clauses: list[dict[str, Any]] = [{sort: value, **tie}]
        if not null:
            clauses += [{sort: {"$gt" if ascending else "$lt": value}}, {sort: None}]
        return encode({"$or": clauses})

    def _read(self, cursor: str, sort: str, ascending: bool) -> Key:
        """The key after which a cursor goes on."""
        try:
            filter = decode(cursor)
            clauses = filter["$or"]
            if not clauses:
                return (False, float("-inf"), False, "", -1)  # all of it: see `skipped`
            first = clauses[0]
            if sort not in first or (len(clauses) > 1 and ("$gt" if ascending else "$lt") not in clauses[1][sort]):
                raise ValueError("a cursor of another sort")
            value = first[sort]
            number = None if value is None else sort_value(sort, value)
            if value is not None and number is None:
                raise ValueError("no value of this sort")
            tie = first.get("_id") if sort != "_id" else ({"$gt": value} if value is not None else None)
            id = None if tie is None else str(tie["$gt"])
            place = int(first["place"]["$gt"]) if "place" in first else float("inf")
            return _key(number, ascending, id, place)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise RefusedError(refusal(400, "Invalid cursor")) from None

    def position(self, query: Mapping[str, list[str]]) -> int | None:
        """How many records come before the page that a query asks for; None where it asks for none that there is."""
        try:
            sort, ascending = self._sort(query)
            cursor = _last(query, "cursor")
            keys = self._order(sort, ascending, query).keys
            return bisect_right(keys, self._read(cursor, sort, ascending)) if cursor else 0
        except RefusedError:
            return None


def _key(value: int | float | None, ascending: bool, id: Any, place: int | float) -> Key:
    known = isinstance(id, str)
    return (
        value is None,
        0 if value is None else value if ascending else -value,
        not known,
        id if known else "",
        place,
    )


def expand_of(query: Mapping[str, list[str]]) -> list[str]:
    """The names in `expand=` and `expand[]=`."""
    return [*query.get("expand", ()), *query.get("expand[]", ())]


def expand_refusal(accepted: list[str]) -> str:
    """The sentence in which names in `expand` are refused: it has all that there are."""
    return f'"expand" must be one of [{", ".join(accepted)}]'


def check_expand(
    asked: Collection[str], accepted: list[str], said: Callable[[list[str]], str] = expand_refusal
) -> None:
    """Raise RefusedError where one of the names asked for is not among those accepted."""
    if not set(asked) <= set(accepted):
        raise RefusedError(refusal(400, said(accepted)))


def encode(filter: Mapping[str, Any]) -> str:
    """A filter as a cursor."""
    return base64.b64encode(json.dumps(filter, separators=(",", ":")).encode()).decode()


def decode(cursor: str) -> Any:
    """A cursor as the filter that it is. Raises ValueError for anything else."""
    try:
        plain = base64.b64decode(cursor.replace("-", "+").replace("_", "/") + "=" * (-len(cursor) % 4), validate=True)
        return json.loads(plain)
    except (binascii.Error, RecursionError):
        raise ValueError("no cursor") from None


def link_to(query: Mapping[str, list[str]], address: str, cursor: str) -> str:
    """The header that leads to the next page: the same query with another cursor."""
    kept = {name: values for name, values in query.items() if name != "cursor"} | {"cursor": [cursor]}
    return f'<{address}?{urlencode(kept, doseq=True, quote_via=quote, safe="")}>; rel="next"'


def skipped(query: Mapping[str, list[str]]) -> str:
    """Another cursor for the place at which a query stands already: a page without records leads there."""
    cursor = _last(query, "cursor")
    filter = decode(cursor) if cursor else {"$or": []}
    return encode({**filter, "skipped": filter.get("skipped", 0) + 1})


def _last(query: Mapping[str, list[str]], name: str) -> str | None:
    values = query.get(name)
    return values[-1] if values else None


def _is_true(query: Mapping[str, list[str]], name: str) -> bool:
    return (_last(query, name) or "").lower() in ("true", "1")


def _limit(query: Mapping[str, list[str]]) -> int:
    text = _last(query, "limit")
    if text is None:
        return _DEFAULT
    if not text.isascii() or not text.isdigit() or not int(text):
        raise RefusedError(refusal(400, '"limit" must be a number greater than or equal to 1'))
    return int(text)
