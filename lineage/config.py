"""Files of settings: where they are looked for, and what stands in them.

    flag  >  environment LINEAGE_*  >  project file  >  user file  >  default

The project file is `lineage.toml`, or the table `[tool.lineage]` of `pyproject.toml`, in the working folder or the
nearest above it; it comes with a checkout, so from a stranger. The user file is `config.toml` in the platform's
folder for settings, or the one that LINEAGE_CONFIG names. What the keys mean is said in `commands/settings.py`.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lineage.errors import UsageError

#: A file of settings has a few lines.
_MOST_BYTES = 1 << 20

#: Settings that no option carries, and the variables that give them.
PLACES = {"home": "LINEAGE_HOME", "queries": "LINEAGE_QUERIES", "endpoint": "HF_ENDPOINT"}


def home() -> Path:
    """Where everything lies: `LINEAGE_HOME`, else the user's setting, else the platform's data folder.

    Raises UsageError where the user file cannot be read, and where the name is no text, which the engines do not take.
    """
    given = os.environ.get("LINEAGE_HOME") or user_value("home")
    found = Path(given).expanduser() if given else default_home()
    try:
        str(found).encode()
    except UnicodeEncodeError:
        said = f"The name of the home is no text in UTF-8 ({readable(str(found))}), and the engines take no other"
        raise UsageError(f"{said}. Set LINEAGE_HOME to another folder.") from None
    return found


def readable(text: str) -> str:
    """What came from the surroundings, with bytes that are no UTF-8 written out, as in `\\xff`."""
    return os.fsencode(text).decode("utf-8", "backslashreplace")


def default_home() -> Path:
    """Where everything lies unless somebody says otherwise."""
    from platformdirs import user_data_path

    return user_data_path("lineage", appauthor=False)


@dataclass(frozen=True)
class File:
    """A file of settings as it was found."""

    path: Path
    project: bool
    values: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None
    """Why nothing can be read of it, in a sentence with the line."""

    def where(self, key: str) -> str:
        """How `config show` names the place of a key."""
        return f"{'project' if self.project else 'user'} {self.path}:{key}"


def user_path() -> Path:
    """The user file, whether it is there or not."""
    if named := os.environ.get("LINEAGE_CONFIG"):
        return Path(named).expanduser()
    from platformdirs import user_config_path

    return user_config_path("lineage", appauthor=False) / "config.toml"


def user() -> File | None:
    """The user file, None where there is none. One that LINEAGE_CONFIG names and is not there is a problem."""
    path = user_path()
    try:
        there = path.exists()
    except OSError as error:  # in a folder that is closed to us
        return File(path, False, problem=f"{path} cannot be read: {error.strerror}. Set LINEAGE_CONFIG to another one.")
    if not there:
        named = bool(os.environ.get("LINEAGE_CONFIG"))
        return File(path, False, problem=f"LINEAGE_CONFIG names {path}, which is not there.") if named else None
    return _read(path, False)


def folders(start: Path) -> Iterator[Path]:
    """`start` and the folders above it, up to the user's own and to the root of a file system."""
    try:
        here, own = start.resolve(), Path.home().resolve()
        device = here.stat().st_dev
        for folder in (here, *here.parents):
            if folder.stat().st_dev != device:
                return
            yield folder
            if folder == own:
                return
    except (OSError, RuntimeError):  # a folder that is gone, a user without a home
        return


def project(start: Path) -> File | None:
    """The project file for the working folder `start`, None where there is none."""
    return next((file for _, file in looked_for(start) if file is not None), None)


def looked_for(start: Path) -> Iterator[tuple[Path, File | None]]:
    """The places where a project file is looked for, nearest first, up to the one where there is one."""
    for folder in folders(start):
        for name, read in (("lineage.toml", _plain), ("pyproject.toml", _tool)):
            path = folder / name
            file = read(path) if os.path.isfile(path) else None  # which is false, too, in a folder that is closed to us
            yield path, file
            if file is not None:
                return


def _plain(path: Path) -> File:
    return _read(path, True)


def _tool(path: Path) -> File | None:
    """What `[tool.lineage]` holds; None where there is no such table. Of other tables nothing is said."""
    found = _read(path, True)
    if found.problem:
        with contextlib.suppress(OSError):
            return found if b"tool.lineage" in _bytes(path) else None
        return None
    tool = found.values.get("tool")
    own = tool.get("lineage") if isinstance(tool, dict) else None
    if own is None or isinstance(own, dict):
        return None if own is None else File(path, True, own)
    return File(path, True, problem=f"{path}: tool.lineage is no table. Write [tool.lineage].")


def working_folder() -> Path | None:
    """Where the command was typed; None where that folder is gone."""
    try:
        return Path.cwd()
    except OSError:
        return None


def files() -> list[File]:
    """The files of settings that are there, the stronger last: of the user, of the project."""
    start = working_folder()
    return [file for file in (user(), project(start) if start else None) if file is not None]


def user_value(name: str) -> str | None:
    """A setting of `PLACES` from the user file, None where it has none.

    Raises UsageError where the file cannot be read, or the value is no text.
    """
    file = user()
    if file is None:
        return None
    if file.problem:
        raise UsageError(file.problem)
    value = file.values.get(name)
    if value is None or isinstance(value, dict):  # `queries` is a command too, with a table of its own
        return None
    if wrong := place_problem(name, value):
        raise UsageError(f"{file.path}: {wrong}")
    return str(Path(value).expanduser()) if name != "endpoint" else value


def place_problem(name: str, value: Any) -> str | None:
    """What is wrong with the value of a setting of `PLACES`, in a sentence; None where nothing is."""
    if not isinstance(value, str) or not value:
        return f"{name} takes text in quotes, not {value!r}."
    if name != "endpoint" and not Path(value).expanduser().is_absolute():
        return f"{name} takes a whole path, one that begins with / or ~, not {value!r}."
    return None


def _read(path: Path, project: bool) -> File:
    import tomllib

    try:
        data = _bytes(path)
        text = data.decode("utf-8")
        return File(path, project, tomllib.loads(text))
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror or error}."
    except UnicodeDecodeError as error:
        problem = f"{path}, line {data[: error.start].count(10) + 1}: the file is not UTF-8. Save it so."
    except RecursionError:
        problem = f"{path} is nested too deeply. Settings are one or two tables deep."
    except ValueError as error:  # also what tomllib raises
        said = str(error).replace("(at line ", "(line ").rstrip(".")
        problem = f"{path} is not TOML: {said}. Mend it; texts stand in quotes, tables in brackets."
    return File(path, project, problem=problem)


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise OSError(0, "it is no file")
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise OSError(0, "it has more than a million bytes, and settings are a few lines")
    return data
