"""Data sets: folders that are served as repositories, in the way huggingface_hub's file system reads them."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from tests.hub.answers import Answer, Request, in_json, refusal, unknown_repository
from tests.hub.files import commit_of, content, identify, part
from tests.hub.pages import expand_of

#: Folders of a repository by revision; a path alone is `main`.
Folders = Path | Mapping[str, Path]

_ID = r"(?P<id>[^/]+/[^/]+)"
_REVISION = r"(?P<revision>refs/(?:convert|pr)/[^/]+|[^/]+)"
_API = re.compile(
    rf"/api/datasets/{_ID}(?:/(?P<route>revision|tree|paths-info|commits)/{_REVISION}(?P<path>/.*)?|(?P<refs>/refs))?"
)
_FILE = re.compile(rf"/datasets/{_ID}/(?:resolve|raw)/{_REVISION}/(?P<path>.+)")

#: The most entries of a page of a tree, and of one with the last commit of each.
_PAGE, _PAGE_EXPANDED = 1000, 50


class Datasets:
    """Answers everything about data sets."""

    def __init__(self, folders: Mapping[str, Folders], licences: Mapping[str, str], page: int) -> None:
        """`folders`: id → folder. `licences`: id → licence as it stands on the card. At most `page` entries a page."""
        self._folders = {
            id.casefold(): (id, {"main": given} if isinstance(given, Path) else dict(given))
            for id, given in folders.items()
        }
        self._licences = {id.casefold(): licence for id, licence in licences.items()}
        self._page = page

    def answer(self, request: Request, path: str, origin: str, known: bool) -> Answer:
        """The answer to a path below `/api/datasets/` or `/datasets/`."""
        match = _API.fullmatch(path.rstrip("/")) or _FILE.fullmatch(path)
        if not match:
            return refusal(404, "Sorry, we can't find the page you are looking for.")
        if match["id"].casefold() not in self._folders:
            return unknown_repository(known)
        id, revisions = self._folders[match["id"].casefold()]
        asked = match.groupdict()
        if asked.get("refs"):
            return in_json(_refs(id, revisions))
        name = next((n for n in revisions if asked["revision"] in (n, _commit(id, n, revisions[n]))), None)
        name = "main" if asked["revision"] is None else name
        if name not in revisions:
            return refusal(404, f"Invalid rev id: {asked['revision']}", "RevisionNotFound")
        at = _Revision(id, revisions[name], _commit(id, name, revisions[name]))
        if match.re is _FILE:
            return at.file(asked["path"], request.headers.get("range"))
        below = (asked["path"] or "").strip("/")
        if asked["route"] == "tree":
            return self._tree(at, below, request, f"{origin}{request.path}")
        if asked["route"] == "paths-info":
            return in_json(at.entries(*_form(request)))
        if asked["route"] == "commits":
            return in_json([at.commit_entry()])
        return in_json(self._info(at, expand_of(request.query)))

    def _info(self, at: "_Revision", asked: list[str]) -> dict[str, Any]:
        licence = self._licences.get(at.id.casefold())
        whole = {
            "_id": at.commit[:24],
            "id": at.id,
            "author": at.id.partition("/")[0],
            "sha": at.commit,
            "lastModified": at.date,
            "private": False,
            "gated": False,
            "disabled": False,
            "tags": [f"license:{licence}"] if licence else [],
            "downloads": 0,
            "likes": 0,
            "cardData": {"license": licence} if licence else {},
            "siblings": [{"rfilename": p} for p, f in at.walk() if f.is_file()],
            "createdAt": at.date,
        }
        return {n: v for n, v in whole.items() if not asked or n in ("_id", "id", *asked)}

    def _tree(self, at: "_Revision", below: str, request: Request, address: str) -> Answer:
        folder = at.inside(below)
        if folder is None or not folder.is_dir():
            return refusal(404, f"{below} does not exist on {at.commit}", "EntryNotFound")
        expanded = _is_true(request.query, "expand")
        size = min(self._page, _PAGE_EXPANDED if expanded else _PAGE)
        start = below + "/" if below else ""
        paths = [p for p, _ in at.walk() if p.startswith(start)]
        if not _is_true(request.query, "recursive"):
            paths = [p for p in paths if "/" not in p[len(start) :]]
        try:
            after = json.loads(base64.b64decode(request.query["cursor"][-1])) if "cursor" in request.query else ""
            left = [p for p in paths if p > after]
        except (binascii.Error, ValueError, TypeError):
            return refusal(400, "Invalid cursor")
        answer = in_json(at.entries(left[:size], expanded))
        if len(left) > size:
            cursor = base64.b64encode(json.dumps(left[size - 1]).encode()).decode()
            query = {**request.query, "cursor": [cursor]}
            answer.headers["Link"] = f'<{address}?{urlencode(query, doseq=True, quote_via=quote)}>; rel="next"'
        return answer


class _Revision:
    """One state of one repository."""

    def __init__(self, id: str, folder: Path, commit: str) -> None:
        self.id, self.folder, self.commit = id, folder, commit
        changed = max((f.stat().st_mtime for _, f in self.walk()), default=0.0)
        self.date = datetime.fromtimestamp(changed, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def walk(self) -> Iterable[tuple[str, Path]]:
        """Every folder and file with its path in the repository, A–Z."""
        return _walk(self.folder)

    def inside(self, path: str) -> Path | None:
        """The file or folder at a path of the repository; None where there is none, or outside of it."""
        if path.startswith("/") or ".." in path.split("/") or not (self.folder / path).exists():
            return None
        return self.folder / path

    def file(self, path: str, asked: str | None) -> Answer:
        """A file, or a range of it."""
        found = self.inside(path)
        if found is None or not found.is_file():
            return refusal(404, "Entry not found", "EntryNotFound", **{"X-Repo-Commit": self.commit})
        known = identify(found)
        headers = {"ETag": known.etag, "X-Repo-Commit": self.commit, "Content-Type": "application/octet-stream"}
        if known.sha256:
            headers |= {"X-Linked-Size": str(known.size), "X-Linked-ETag": known.etag}
        return part(content(found), headers, asked)

    def entries(self, paths: Iterable[str], expanded: bool) -> list[dict[str, Any]]:
        """What a tree says of these paths; those that do not exist are left out."""
        found = []
        for path in paths:
            file = self.inside(path)
            if file is None:
                continue
            if file.is_dir():
                entry = {"type": "directory", "oid": commit_of(path), "size": 0, "path": path}
            else:
                known = identify(file)
                entry = {"type": "file", "oid": known.oid, "size": known.size, "path": path}
                # No `xetHash`: with it the client would fetch the file from a store that is not played here.
                if known.sha256:
                    entry["lfs"] = {"oid": known.sha256, "size": known.size, "pointerSize": known.pointer_size}
            if expanded:
                entry["lastCommit"] = {"id": self.commit, "title": "Update", "date": self.date}
            found.append(entry)
        return found

    def commit_entry(self) -> dict[str, Any]:
        """The one commit that there is."""
        return {"id": self.commit, "title": "Update", "message": "", "authors": [], "date": self.date}


def _walk(folder: Path) -> list[tuple[str, Path]]:
    return sorted((f.relative_to(folder).as_posix(), f) for f in folder.rglob("*"))


def _commit(id: str, revision: str, folder: Path) -> str:
    """The commit of a folder: another one whenever a file of it changes."""
    states = [(p, s.st_size, s.st_mtime_ns) for p, f in _walk(folder) for s in [f.stat()]]
    return commit_of(f"{id} {revision} {states}")


def _refs(id: str, revisions: Mapping[str, Path]) -> dict[str, Any]:
    refs = {
        n: {"name": n.rpartition("/")[2], "ref": n, "targetCommit": _commit(id, n, f)} for n, f in revisions.items()
    }
    return {
        "branches": [{**r, "ref": f"refs/heads/{n}"} for n, r in refs.items() if not n.startswith("refs/")],
        "tags": [],
        "converts": [r for n, r in refs.items() if n.startswith("refs/convert/")],
    }


def _form(request: Request) -> tuple[list[str], bool]:
    """The paths that a POST asks for, and whether with the last commit of each."""
    text = request.body.decode("utf-8", "replace")
    if request.headers.get("content-type", "").startswith("application/json"):
        asked = json.loads(text)
        return asked["paths"], bool(asked.get("expand"))
    form = parse_qs(text)
    return form.get("paths", []), _is_true(form, "expand")


def _is_true(query: Mapping[str, list[str]], name: str) -> bool:
    return query.get(name, ["false"])[-1].lower() in ("true", "1")
