"""A data set of the Hub at one commit: what it is, what lies in it, and what to say where something does not."""

import re
import time
from collections.abc import Callable
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

from huggingface_hub import HfApi, HfFileSystem, hf_hub_url
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RevisionNotFoundError

from lineage.errors import NotFound, SourceError, near
from lineage.screen import visible
from lineage.sources.address import HUB_STATS, HUB_WEEKLY, Address, is_plain
from lineage.sources.hub import endpoint_of, headers_for, refuse_offline
from lineage.sources.question import question
from lineage.sources.transfer import Remote

Say = Callable[[str], None]

#: So many names are listed, where the one asked for is not there.
_LISTED = 12


class DataSet:
    """A data set, asked through huggingface_hub's file system; all of it is of one commit."""

    def __init__(self, address: Address, say: Say = lambda text: None, sleep: Callable[[float], None] = time.sleep):
        """Ask the Hub what it is. Raises NotFound for a data set or revision that is not there, else SourceError."""
        self._endpoint = endpoint_of(None)
        refuse_offline(self._endpoint)
        self.host = urlsplit(self._endpoint).netloc
        self.headers = headers_for(self._endpoint, say)
        """What goes with every request, the token included."""
        # What was decided there holds for everything that is asked.
        token = self.headers.get("authorization", "").removeprefix("Bearer ") or False
        self._say, self._sleep = say, sleep
        self._api = HfApi(endpoint=self._endpoint, token=token, library_name="lineage")
        info = self._info(address)
        self.id = str(info.id) if re.fullmatch(r"[\w.-]+/[\w.-]+", str(info.id), re.ASCII) else address.id
        self.commit = str(info.sha)
        self.changed = info.last_modified.astimezone(UTC).date().isoformat() if info.last_modified else None
        """ISO date of the commit."""
        self.licence = _licence(info)
        # One worker: the others are joined at the end of the program, however long they hang.
        self._files = HfFileSystem(endpoint=self._endpoint, token=token, skip_instance_cache=True, max_workers=1)
        self._root = f"datasets/{self.id}@{self.commit}"

    def entries(self, path: str) -> list[tuple[str, bool]]:
        """Name, and whether it is a folder, of all in a folder, A–Z; empty where there is no such folder."""
        try:
            found = self._ask(lambda: self._files.ls(self._at(path), detail=True))
        except FileNotFoundError:
            return []
        return sorted((str(e["name"]).rpartition("/")[2], e["type"] == "directory") for e in found)

    def entry(self, path: str) -> tuple[Remote | None, str | None]:
        """The file at a path, None where it is a folder, and the ISO date of the last commit that changed it.

        Raises NotFound, with what there is.
        """
        if not path:
            return None, self.changed
        try:
            found = self._ask(lambda: self._files.info(self._at(path), expand_info=True))
        except FileNotFoundError:
            raise self._lacking(path) from None
        commit = found.get("last_commit")
        date = commit.date.astimezone(UTC).date().isoformat() if commit else self.changed
        return (None if found["type"] == "directory" else self._remote(found)), date

    def files(self, folder: str) -> list[Remote]:
        """All files below a folder, A–Z. Names that no disk takes are left out, with a word."""
        found = self._ask(lambda: self._files.find(self._at(folder), detail=True))
        made = []
        for name, entry in found.items():
            if is_plain(self._below(name)):
                made.append(self._remote(entry))
            else:
                self._say(f"{visible(self._below(name))} is left out: a file cannot be called so everywhere")
        return sorted(made, key=lambda f: f.path)

    def _remote(self, entry: dict[str, Any]) -> Remote:
        path = self._below(entry["name"])
        oid = str(entry["lfs"].sha256 if entry.get("lfs") else entry["blob_id"])
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", oid) or not isinstance(entry["size"], int):
            raise SourceError(f"{self.host} does not say what identifies {visible(path)}. Run it again later.")
        url = hf_hub_url(self.id, path, repo_type="dataset", revision=self.commit, endpoint=self._endpoint)
        return Remote(path, entry["size"], oid, url)

    def _below(self, name: str) -> str:
        return str(name).removeprefix(f"{self._root}/")

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            return question(call, self._endpoint, say=self._say, sleep=self._sleep)
        except HfHubHTTPError as error:
            if error.response.status_code == 404:
                raise FileNotFoundError from None
            raise self._closed(error.response.status_code) from None

    def _info(self, address: Address) -> Any:
        def call() -> Any:
            return self._api.dataset_info(address.id, revision=address.revision, timeout=10)

        self.id = address.id
        try:
            return question(call, self._endpoint, first=True, say=self._say, sleep=self._sleep)
        except RevisionNotFoundError:
            raise self._no_revision(address) from None
        except HfHubHTTPError as error:
            status = error.response.status_code
            if status == 403 or isinstance(error, GatedRepoError):
                raise self._closed(status) from None
            if "invalid credentials" in str(error).lower():
                raise SourceError(f"{self.host} does not accept the token: check HF_TOKEN, or unset it.") from None
            hint = near(address.id, (HUB_STATS, HUB_WEEKLY))
            raise NotFound(
                f"{self.host} has no data set {address.id}, or it is a private one and needs the token of somebody who "
                f"may read it (HF_TOKEN).{hint}"
            ) from None

    def _no_revision(self, address: Address) -> NotFound:
        refs = self._ask(lambda: self._api.list_repo_refs(address.id, repo_type="dataset"))
        names = [r.name for r in (*refs.branches, *refs.tags)] + [r.ref for r in refs.converts]
        return NotFound(
            f"{address.id} has no revision {address.revision!r}.{near(str(address.revision), names)} "
            f"There are: {_listed(names)}."
        )

    def _lacking(self, path: str) -> NotFound:
        folder, _, name = path.rpartition("/")
        names = [n + "/" * is_folder for n, is_folder in self.entries(folder)]
        while folder and not names:
            folder, _, name = folder.rpartition("/")
            names = [n + "/" * is_folder for n, is_folder in self.entries(folder)]
        where = f"{self.id}/{folder}" if folder else self.id
        return NotFound(f"There is no {name!r} in {where}.{near(name, names)} There are: {_listed(names)}.")

    def _closed(self, status: int) -> SourceError:
        return SourceError(
            f"{self.host} does not give out {self.id} (status {status}): it is private, or its conditions must be "
            "accepted on its page first. Then set HF_TOKEN."
        )


def _listed(names: list[str]) -> str:
    shown = [visible(n) for n in names[:_LISTED]]
    return ", ".join(shown) + (f" and {len(names) - len(shown):,} more" if len(names) > len(shown) else "") or "none"


def _licence(info: Any) -> str | None:
    """What the data set's card says, else its tags; several are parted by commas."""
    card = info.card_data.to_dict() if info.card_data else {}
    said = card.get("license")
    if said == "other" and isinstance(card.get("license_name"), str):
        said = card["license_name"]
    texts = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    if not texts:
        texts = [t.removeprefix("license:") for t in info.tags or [] if isinstance(t, str) and t.startswith("license:")]
    named = [visible(t.strip())[:100] for t in texts if isinstance(t, str) and t.strip()]
    return ", ".join(dict.fromkeys(named)) or None
