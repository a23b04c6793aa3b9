"""What the keys in files of settings mean: options of commands, their types, and what a project may not set.

A key is an option that many commands share (it has a variable LINEAGE_…), one of `config.PLACES`, or stands in the
table of a command: `[rollup]` with `top = 50`. All of it becomes click's `default_map`, so flags and the environment
stay stronger. A project file comes from a stranger: it says how rows look and which are asked for, never what is run,
whom is written to, or where something is written.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import click

from lineage import config
from lineage.errors import near

#: What a project file may set for all commands.
_SHARED = frozenset(("snapshot", "format", "color", "window", "basis", "owner", "list", "frame"))

#: And for one command: what chooses and arranges rows. An option that is not here is refused until it is.
_ONE = _SHARED | frozenset((
    "accounts", "all", "by", "depth", "down", "fields", "figure", "ids", "intermediaries", "key",
    "limit", "members", "metric", "nodes", "over", "relation", "rule", "sort", "split-by", "threshold",
    "top", "up", "weights", "where", "width",
    "rank.on",  # models or publishers; of `query` and `shell` it is a server
))  # fmt: skip

#: Settings whose text may lead somewhere: in a project file a name, or a path below the working folder.
_LEADING = frozenset(("snapshot", "list"))
_INSIDE = re.compile(r"[\w@+][\w.@+ -]*(?:/[\w@+][\w.@+ -]*)*")

#: Never settings, whoever writes them.
_SECRET = re.compile(r"(?i)pass(?:word|wd|phrase)?|token|secret|credential")
_NO_SETTINGS = frozenset(("debug", "help", "version"))

#: Variables of other programs that ours reads, and whether their value is a secret.
FOREIGN = {
    "NEO4J_USER": False, "NEO4J_PASSWORD": True, "NEO4J_PASSWORD_FILE": False, "NEO4J_DATABASE": False,
    "HF_TOKEN": True,
}  # fmt: skip


@dataclass
class Settings:
    """What the files of settings give: for click, and for a person who asks where a value comes from."""

    files: list[config.File] = field(default_factory=list)
    default_map: dict[str, Any] = field(default_factory=dict)
    given: dict[str, tuple[Any, str]] = field(default_factory=dict)
    """Value and origin by setting, `rollup.top` for one of a command."""
    problems: list[str] = field(default_factory=list)

    def blame(self, sentence: str) -> str:
        """Where the value that an error speaks of stands, if it was not typed: ` That stands in …`."""
        values = [(os.environ.get(f"LINEAGE_{n.upper()}"), f"the variable LINEAGE_{n.upper()}") for n in _SHARED]
        values += [(value, origin.partition(" ")[2]) for value, origin in self.given.values()]
        said = sorted({place for value, place in values if isinstance(value, str) and repr(value) in sentence})
        return f" That stands in {said[0]}." if said else ""


def walk(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with its path, the groups too, the first among them `group` itself with none."""
    yield path, group
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from walk(command, (*path, name))
        else:
            yield (*path, name), command


def options_of(command: click.Command) -> dict[str, click.Option]:
    """Its options by their long names, without the dashes."""
    found = {}
    for param in command.params:
        if isinstance(param, click.Option) and param.expose_value and not param.hidden:
            long = [name[2:] for name in param.opts if name.startswith("--")]
            found.update({name: param for name in long if name not in _NO_SETTINGS})
    return found


def shared(root: click.Group) -> dict[str, list[tuple[tuple[str, ...], click.Option]]]:
    """The settings that options carry: by name the options with that variable, each with its command."""
    found: dict[str, list[tuple[tuple[str, ...], click.Option]]] = {}
    for path, command in walk(root):
        for option in command.params:
            if isinstance(option, click.Option) and str(option.envvar).startswith("LINEAGE_"):
                found.setdefault(variable(str(option.envvar)), []).append((path, option))
    return dict(sorted(found.items()))


def variable(name: str) -> str:
    """The setting that a variable gives: `log-file` of LINEAGE_LOG_FILE."""
    return name.removeprefix("LINEAGE_").lower().replace("_", "-")


def read(root: click.Group) -> Settings:
    """All files of settings, each key held against the commands of `root`. Raises nothing."""
    made = Settings(config.files())
    known = shared(root)
    for file in made.files:
        if file.problem:
            made.problems.append(file.problem)
            continue
        plain: dict[str, Any] = {}
        tables: dict[str, dict[str, Any]] = {}
        for key, value in file.values.items():
            (tables if isinstance(value, dict) else plain)[key] = value
        for key, value in plain.items():
            _take(made, file, key, value, known)
        for key, value in tables.items():
            command = root.commands.get(key)
            if command is None:
                names = {**root.commands, **known, **config.PLACES}
                made.problems.append(f"{file.path}: there is no command or setting {key!r}.{near(key, names)}")
            else:
                _take_table(made, file, (key,), command, value)
    return made


def _take(made: Settings, file: config.File, key: str, value: Any, known: dict[str, Any]) -> None:
    """A key that stands before all tables."""
    name = key.replace("_", "-")
    refusal = _secret(file, key)
    if refusal is None and name not in known and name not in config.PLACES:
        refusal = f"{file.path}: there is no setting {key!r}.{near(name, [*known, *config.PLACES])}"
    if refusal is None and file.project and name not in _SHARED:
        refusal = _not_here(file, name)
    if refusal is None and name in config.PLACES:
        wrong = config.place_problem(name, value) or _credentials(name, value)
        refusal = f"{file.path}: {wrong}" if wrong else None
        if refusal is None:
            made.given[name] = (value, file.where(key))
            return
    if refusal is None:
        refusal = _wrong(file, key, name, known[name][0][1], value)
    if refusal:
        made.problems.append(refusal)
        return
    made.given[name] = (value, file.where(key))
    for path, option in known[name]:
        _put(made, path, option, value)


def _take_table(made: Settings, file: config.File, path: tuple[str, ...], command: click.Command, table: Any) -> None:
    """The table of a command."""
    options = options_of(command)
    called = ".".join(path)
    for key, value in table.items():
        full, name = f"{called}.{key}", key.replace("_", "-")
        below = command.commands if isinstance(command, click.Group) else {}
        if isinstance(value, dict) and key in below:
            _take_table(made, file, (*path, key), below[key], value)
            continue
        refusal = _secret(file, full)
        if refusal is None and name not in options:
            refusal = f"{file.path}: {called} has no option {key!r}.{near(name, [*options, *below])}"
        if refusal is None and file.project and not {name, full} & _ONE:
            refusal = _not_here(file, full)
        refusal = refusal or _wrong(file, full, name, options[name], value)
        if refusal:
            made.problems.append(refusal)
        else:
            made.given[f"{called}.{name}"] = (value, file.where(full))
            _put(made, path, options[name], value)


def _put(made: Settings, path: tuple[str, ...], option: click.Option, value: Any) -> None:
    place = made.default_map
    for name in path:
        place = place.setdefault(name, {})
    place[str(option.name)] = [value] if option.multiple and not isinstance(value, list) else value


def _secret(file: config.File, key: str) -> str | None:
    if not _SECRET.search(key):
        return None
    return (
        f"{file.path}: {key} looks like a secret, and secrets are never settings. Take it out; NEO4J_PASSWORD, "
        "NEO4J_PASSWORD_FILE and HF_TOKEN give them."
    )


def _not_here(file: config.File, key: str) -> str:
    return (
        f"{file.path}: a project file may not set {key}, for it comes with the checkout of a stranger and may neither "
        f"run, reach nor write anything. Set it in {config.user_path()}, the environment or by a flag."
    )


def _wrong(file: config.File, key: str, name: str, option: click.Option, value: Any) -> str | None:
    """What is wrong with a value, in a sentence; None where it is right."""
    each = value if option.multiple and isinstance(value, list) else [value]
    for one in each:
        said = _typed(key, option, one) or _credentials(key, one)
        if said is None and file.project and name in _LEADING:
            text = str(one)
            if not _INSIDE.fullmatch(text) or ".." in text.split("/"):
                said = f"{key} of a project file is a name, or a path below the working folder, not {text!r}."
        if said:
            return f"{file.path}: {said}"
    return None


def _typed(name: str, option: click.Option, value: Any) -> str | None:
    wanted: tuple[type | tuple[type, ...], str]
    if option.is_flag:
        wanted = (bool, "true or false")
    elif option.count or isinstance(option.type, click.types.IntParamType):
        wanted = (int, "a whole number")
    elif isinstance(option.type, click.types.FloatParamType):
        wanted = ((int, float), "a number")
    else:
        wanted = (str, "text in quotes")
    if not isinstance(value, wanted[0]) or (isinstance(value, bool) and not option.is_flag):
        return f"{name} takes {wanted[1]}, not {value!r}."
    try:
        option.type.convert(value, option, None)
    except click.BadParameter as error:
        return f"{name}: {error.message}"
    return None


def _credentials(key: str, value: Any) -> str | None:
    """An address with a password in it is a secret too; it is not repeated."""
    if isinstance(value, str) and re.match(r"(?:\w+://)?[^/]*@", value) and "://" in value:
        return f"{key} holds a user name or password. Take it out; NEO4J_PASSWORD and HF_TOKEN give them."
    return None


def all_problems(ctx: click.Context) -> list[str]:
    """What is wrong with the settings of this run, in sentences: the files, and words of a question that there are not.

    It brings the words of the answers, so only who looks for what is wrong asks; a question says it of its own.
    """
    root, made = ctx.find_root().command, current(ctx)
    assert isinstance(root, click.Group)
    return [*made.problems, *_unknown_words(root, made)]


def _unknown_words(root: click.Group, made: Settings) -> list[str]:
    """Words that files and environment give and that there are not, each in a sentence with its place."""
    given = [(name.rpartition(".")[2], value, origin.partition(" ")[2]) for name, (value, origin) in made.given.items()]
    found = []
    for name, options in shared(root).items():
        variable = str(options[0][1].envvar)
        value = os.environ.get(variable)
        given.append((name, value, variable))
        if value and isinstance(options[0][1].type, click.Choice) and (said := _typed(name, options[0][1], value)):
            found.append(f"{variable}: {said}")
    return found + [
        f"{place}: {said}"
        for name, value, place in given
        for one in (value if isinstance(value, list) else [value])
        if isinstance(one, str) and one and (said := _unknown_word(name, one))
    ]


def _unknown_word(name: str, word: str) -> str | None:
    from lineage import reference, schema
    from lineage.answers import frames, owners
    from lineage.errors import LineageError

    words = {"window": list(schema.WINDOWS), "basis": list(schema.BASES), "owner": list(owners.OWNERS)}
    if name in words:
        return None if word in words[name] else f"there is no {name} {word!r}.{near(word, words[name])}"
    if name == "frame":
        return None if frames.is_frame(word) else f"there is no frame {word!r}.{near(word, frames.FRAMES)}"
    if name == "list":
        try:
            reference.intermediaries(word)
        except (LineageError, OSError) as error:
            return str(error)
    return None


def current(ctx: click.Context) -> Settings:
    """The settings of this run."""
    found = ctx.find_root().meta.get(__name__)
    return found if isinstance(found, Settings) else Settings()
