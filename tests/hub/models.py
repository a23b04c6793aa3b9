"""One model by its id, and its README."""

import json
import re
from collections.abc import Mapping

from tests.hub.answers import Answer, Request, in_json, redirect, refusal, unknown_repository
from tests.hub.files import blob_id, commit_of, part
from tests.hub.names import DETAIL, DETAIL_EXPAND
from tests.hub.pages import RefusedError, check_expand, expand_of
from tests.hub.table import Table

_FILE = re.compile(r"/(?P<id>[^/]+(?:/[^/]+)?)/(?:resolve|raw)/(?P<revision>[^/]+)/(?P<file>.+)")
_DETAIL = re.compile(r"/api/models/(?P<id>[^/]+(?:/(?!revision/)[^/]+)?)(?:/revision/[^/]+)?/?")


class Models:
    """Answers everything about one model."""

    def __init__(self, table: Table, readmes: Mapping[str, str], renamed: Mapping[str, str]) -> None:
        """`readmes`: id → text of its card. `renamed`: old id → new id."""
        self._table = table
        self._readmes = {id.casefold(): text.encode("utf-8", "surrogateescape") for id, text in readmes.items()}
        self._renamed = {old.casefold(): new for old, new in renamed.items()}
        self._rows: dict[str, int] | None = None

    def answer(self, request: Request, path: str, known: bool) -> Answer:
        """The answer to a path; `known` tells whether the caller has a token."""
        if match := _DETAIL.fullmatch(path):
            return self._moved(match["id"], request) or self._detail(match["id"], request, known)
        if match := _FILE.fullmatch(path):
            return self._moved(match["id"], request) or self._file(
                match["id"], match["file"], known, request.headers.get("range")
            )
        return refusal(404, "Sorry, we can't find the page you are looking for.")

    def _moved(self, id: str, request: Request) -> Answer | None:
        new = self._renamed.get(id.casefold())
        if new is None:
            return None
        return redirect(re.sub(re.escape(id), lambda _: new, request.raw, count=1))

    def _row(self, id: str) -> int | None:
        """The row of an id, in whatever case; of several the first."""
        if self._rows is None:
            rows: dict[str, int] = {}
            for row, found in enumerate(self._table.ids):
                if isinstance(found, str):
                    rows.setdefault(found.casefold(), row)
            self._rows = rows
        return self._rows.get(id.casefold())

    def _detail(self, id: str, request: Request, known: bool) -> Answer:
        row = self._row(id)
        if row is None:
            return unknown_repository(known)
        asked = expand_of(request.query)
        try:
            check_expand(asked, DETAIL_EXPAND)
        except RefusedError as refused:
            return refused.answer
        names = frozenset({"_id", "id", *asked}) if asked else DETAIL
        (text,) = self._table.render([row], names)
        return in_json(text)

    def _file(self, id: str, file: str, known: bool, asked: str | None) -> Answer:
        row = self._row(id)
        if row is None:
            return unknown_repository(known)
        (text,) = self._table.render([row], frozenset({"gated"}))
        if self._table.fills("gated") and json.loads(text).get("gated") in ("auto", "manual", True):
            said = f"Access to model {self._table.ids[row]} is restricted."
            return refusal(403 if known else 401, said, "GatedRepo")
        commit = {"X-Repo-Commit": commit_of(self._table.ids[row])}
        card = self._readmes.get(id.casefold())
        if file != "README.md" or card is None:
            return refusal(404, "Entry not found", "EntryNotFound", **commit)
        kind = {"Content-Type": "text/plain; charset=utf-8", "ETag": f'"{blob_id(card)}"'}
        return part(card, kind | commit, asked)
