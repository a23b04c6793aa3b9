"""The jars that a Neo4j server is made of, fetched once from Maven Central by `jgo`.

`jgo` reads the POMs and says which artifacts belong together; this module has them fetched with one
connection, a checksum and a rename at the end, so that a download that is cut short leaves nothing
behind. jgo's own way to an environment (`jgo.build`) is not taken: it wants a second Java, from
elsewhere, to sort jars into modules, and here they all go on the class path.
"""

import hashlib
import os
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.errors import StoreError

if TYPE_CHECKING:
    from jgo.maven import Artifact, PythonResolver

#: `(what, done, total)`: told now and then while something takes long; total 0 where it is not known.
Progress = Callable[[str, int, int], None]

#: Seconds for everything that has to be fetched, and for the next bytes of one file.
FETCH_CAP = 600.0
READ_CAP = 20.0

#: Neo4j Browser has version numbers of its own; this is the newest on Maven Central.
BROWSER = "org.neo4j.client:neo4j-browser:5.24.0"

#: Several files at once: a jar is small and most of its time is the way there and back.
_WORKERS = 6


def coordinates(version: str) -> list[str]:
    """The Maven coordinates of a Neo4j Community server with its tools and its Browser."""
    names = ("org.neo4j:neo4j", "org.neo4j.app:neo4j-server", "org.neo4j:neo4j-command-line",
             "org.neo4j:neo4j-import-tool")  # fmt: skip
    return [*(f"{name}:{version}" for name in names), BROWSER]


def class_path(version: str, on_progress: Progress | None = None, wanted: list[str] | None = None) -> list[Path]:
    """Paths of all jars of a server of that version, fetched where they are missing.

    `wanted` names other programs of Neo4j by their Maven coordinates, as its shell. Once fetched, needs no
    network: the list lies in jgo's cache, the jars in the Maven repository.
    Raises ModuleNotFoundError without `jgo`, StoreError where the jars cannot be had.
    """
    from jgo.config import GlobalSettings

    settings = GlobalSettings.load()
    endpoint = "+".join(wanted or coordinates(version))
    key = hashlib.sha256(f"{endpoint}\n{settings.repo_cache}".encode()).hexdigest()[:16]
    listed = Path(settings.cache_dir).expanduser() / "lineage" / f"neo4j-{version}-{key}.txt"
    known = _known(listed)
    if known:
        return known
    import requests

    try:
        paths = _fetch(endpoint, settings, on_progress)
        listed.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(listed, "".join(f"{path}\n" for path in paths).encode())
    except (requests.RequestException, RuntimeError, OSError, SyntaxError) as error:
        # SyntaxError: what the XML parser raises for a page that is no POM, as a portal's log-in page.
        raise StoreError(
            f"The jars of Neo4j {version} cannot be fetched from Maven Central ({_cause(error)}). Starting a "
            "local server needs that network once; connect and try again, or load into a server you have "
            "(docker/README.md)."
        ) from error
    return paths


def _known(listed: Path) -> list[Path]:
    """The jars of an earlier list when every one of them is still there and whole, else nothing."""
    try:
        paths = [Path(line) for line in listed.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError):
        return []
    # The directory of a zip stands at its end, so this also sees a jar that was cut short.
    return paths if all(zipfile.is_zipfile(path) for path in paths) else []


def _fetch(endpoint: str, settings: Any, on_progress: Progress | None) -> list[Path]:
    """Resolve the endpoint and fetch what is missing. The order of the list is that of jgo, and stable."""
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext
    from jgo.parse import Endpoint

    tell = on_progress or (lambda what, done, total: None)
    resolver = _resolver(time.monotonic() + FETCH_CAP, tell)
    # A mirror in jgo's own settings comes first; so a house without a way out can still serve itself.
    remotes = {**settings.repositories, "central": MAVEN_CENTRAL_URL}
    context = MavenContext(resolver=resolver, repo_cache=settings.repo_cache, remote_repos=remotes)
    inputs, below = resolver.resolve(
        [context.create_dependency(coordinate) for coordinate in Endpoint.parse(endpoint).coordinates]
    )
    needed = [*inputs, *(d for d in below if d.scope in ("compile", "runtime"))]
    artifacts = list({dependency.artifact.key: dependency.artifact for dependency in needed}.values())
    for artifact in artifacts:
        held = artifact.cached_path
        if held and held.exists() and not zipfile.is_zipfile(held):
            held.unlink()
    done = 0
    paths = []
    with ThreadPoolExecutor(_WORKERS) as pool:
        for path in pool.map(lambda artifact: artifact.resolve(), artifacts):
            paths.append(path)
            done += 1
            tell("fetching the jars of Neo4j", done, len(artifacts))
    return paths


def _resolver(deadline: float, tell: Progress) -> "PythonResolver":
    """jgo's resolver with a download of our own. Built in a function because jgo is an extra."""
    import requests
    from jgo.maven import PythonResolver

    class Resolver(PythonResolver):
        """One connection for all files, capped waits, checksums that count, files that appear whole."""

        def __init__(self) -> None:
            super().__init__()
            self.session = requests.Session()
            adapter = requests.adapters.HTTPAdapter(pool_maxsize=_WORKERS, max_retries=2)
            self.session.mount("https://", adapter)
            self.described = 0

        def download(self, artifact: "Artifact") -> Path:
            where = f"{str(artifact.component.path_prefix).replace(os.sep, '/')}/{artifact.filename}"
            if artifact.packaging == "pom":
                self.described += 1
                tell("reading what Neo4j is made of", self.described, 0)
            for remote in artifact.context.remote_repos.values():
                body = self.read(f"{remote.rstrip('/')}/{where}")
                if body is None:
                    continue
                stated = self.read(f"{remote.rstrip('/')}/{where}.sha1")
                if stated and stated.split()[:1] != [hashlib.sha1(body).hexdigest().encode()]:
                    raise RuntimeError(f"the checksum of {artifact.filename} is wrong")
                assert artifact.cached_path is not None
                artifact.cached_path.parent.mkdir(parents=True, exist_ok=True)
                _write_whole(artifact.cached_path, body)
                return artifact.cached_path
            raise RuntimeError(f"{artifact.filename} is not there")

        def read(self, url: str) -> bytes | None:
            """The body, or None where the server says that there is no such file."""
            if time.monotonic() > deadline:
                raise RuntimeError(f"it took more than {FETCH_CAP:.0f} s")
            with self.session.get(url, timeout=READ_CAP, stream=True) as answer:
                if answer.status_code in (403, 404, 410):
                    return None
                answer.raise_for_status()
                pieces = []
                for piece in answer.iter_content(1 << 16):
                    pieces.append(piece)
                    if time.monotonic() > deadline:
                        raise RuntimeError(f"it took more than {FETCH_CAP:.0f} s")
                return b"".join(pieces)

    return Resolver()


def _write_whole(path: Path, body: bytes) -> None:
    """Write beside the target and rename, so that nobody ever finds half a file."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    beside.write_bytes(body)
    os.replace(beside, path)


def _cause(error: Exception) -> str:
    """The gist of a network error in a few words, without addresses."""
    import requests

    if isinstance(error, requests.exceptions.ConnectionError):
        return "no connection"
    if isinstance(error, requests.exceptions.Timeout):
        return f"no answer within {READ_CAP:.0f} s"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"it answered {error.response.status_code}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__
