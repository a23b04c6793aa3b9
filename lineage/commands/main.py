"""The command `lineage`: groups of commands, and every way in which it can end."""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import click

from lineage import __version__, pandas_free
from lineage.commands import log
from lineage.errors import LineageError, UsageError

#: What an error of stdout says instead of the name of a file.
_STDOUT = "<stdout>"

#: Marks a stderr whose errors end nothing.
_FORGIVING = "_lineage_forgiving"

#: With one of these nothing is run, so no settings are read.
HELP = frozenset(("-h", "--help", "--version"))

#: Commands that work whatever the files of settings hold: those that say what is wrong with them.
WITHOUT_SETTINGS = ("config", "doctor", "completion")

#: The commands by what a person comes for; `--help` lists them so.
SECTIONS = (
    ("Build", ("build", "crawl", "load", "neo4j", "snapshots")),
    (
        "Figures",
        (
            "intermediaries",
            "shares",
            "flows",
            "figures",
            "disclosure",
            "sizes",
            "concentration",
            "trend",
            "diff",
            "cite",
        ),
    ),
    (
        "Ask",
        (
            "info",
            "servers",
            "publisher",
            "variants",
            "rollup",
            "rank",
            "tree",
            "explain",
            "query",
            "queries",
            "shell",
            "schema",
        ),
    ),
    ("Look", ("view", "report", "export")),
    ("Maintain", ("doctor", "config", "completion", "check-rules")),
)


class Lineage(click.Group):
    """A group that lists its commands by section and turns every error into a sentence."""

    settings: Any = None
    """What the files of settings gave to this run."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by what a person comes for."""
        for title, names in SECTIONS:
            with formatter.section(title):
                formatter.write_dl([(n, self.commands[n].get_short_help_str(90)) for n in names if n in self.commands])

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> click.Context:
        """Bring what the files of settings say; help needs none of it, and is there whatever they hold."""
        self.settings = None
        if not HELP.isdisjoint(args):
            return super().make_context(info_name, args, parent, **extra)
        from lineage.commands import settings

        found = settings.read(self)
        ctx = super().make_context(info_name, args, parent, default_map=found.default_map, **extra)
        ctx.meta[settings.__name__] = self.settings = found
        return ctx

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and end with a sentence and an exit code whatever happens."""
        kwargs["standalone_mode"] = False
        pandas_free.hide()
        debug = "--debug" in list(kwargs.get("args") or (args[0] if args else None) or sys.argv[1:])
        for stream in (sys.stdout, sys.stderr):
            # Files and pipes are UTF-8 whatever the locale says.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(encoding="utf-8", errors="replace")
        _name_stdout()
        _forgive_stderr()
        try:
            code = super().main(*args, **kwargs)
            sys.stdout.flush()
        except LineageError as error:
            if debug:
                raise
            blamed = self.settings.blame(str(error)) if self.settings and error.exit_code == 2 else ""
            code = _say(str(error) + blamed, error.exit_code)
        except click.exceptions.Exit as stop:
            code = stop.exit_code
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        except SystemExit:
            # What click does of itself where the reader has gone, and nothing is wrong.
            if "PacifyFlushWrapper" not in type(sys.stdout).__name__:
                raise
            code = 0
        except (click.Abort, KeyboardInterrupt):
            code = _say("Interrupted.", 130)
        except BrokenPipeError:
            # The reader has gone, as with `| head`: nothing is wrong.
            _lead_nowhere(sys.stdout)
            code = 0
        except OSError as error:
            if debug:
                raise
            code = _say(_os_sentence(error), 1)
        except UnicodeEncodeError as error:
            if debug:
                raise
            held = ascii(error.object[error.start : error.end]).strip("'")
            code = _say(f"What was given holds {held}, which is no text in UTF-8. Write it without that.", 2)
        except Exception as error:
            if debug:
                raise
            # In a process of its own no word can hold one; from Python, or out of a file of settings, it can.
            if isinstance(error, ValueError) and "embedded null byte" in str(error):
                sys.exit(_say("What was given holds a NUL, which no path can have. Write it without that.", 2))
            code = _say(
                f"This should not have happened: {type(error).__name__}: {error}. Run it again with --debug "
                "before the command, and report what it prints.",
                1,
            )
        sys.exit(code if isinstance(code, int) else 0)


def _say(text: str, code: int) -> int:
    from lineage.screen import complaint

    with contextlib.suppress(OSError):  # who has closed stderr has the code
        sys.stderr.write(f"{complaint(text)}\n")
    return code


def _forgive_stderr() -> None:
    """Have remarks that stderr cannot take lead nowhere, as where it is closed: a log on a full disk ends no build."""

    def forgive(error: OSError) -> None:
        _lead_nowhere(sys.stderr)

    _catch(sys.stderr, _FORGIVING, forgive)


def _name_stdout() -> None:
    """Have the errors of stdout say that they are its own: what it cannot write it forgets, so later none can tell."""

    def name(error: OSError) -> None:
        error.filename = _STDOUT
        raise error

    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        # PYTHONUNBUFFERED, as in many a container: what a full disk takes half of would be lost without an error.
        sys.stdout = open(sys.stdout.fileno(), "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    _catch(sys.stdout, _STDOUT, name)


def _catch(stream: Any, mark: str, handle: Callable[[OSError], None]) -> None:
    """Hand the errors of what a stream writes to `handle`; once, for the `mark` stays with the stream."""

    def catching(act: Any) -> Any:
        def caught(*given: Any) -> Any:
            try:
                return act(*given)
            except OSError as error:
                return handle(error)

        return caught

    if isinstance(stream, io.TextIOWrapper) and not hasattr(stream, mark):
        for name in ("write", "writelines", "flush"):
            setattr(stream, name, catching(getattr(stream, name)))
        setattr(stream, mark, True)


def _lead_nowhere(stream: Any) -> None:
    """So that Python does not try once more, at its end, to write what the stream could not take."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _os_sentence(error: OSError) -> str:
    import tempfile

    if error.filename == _STDOUT:
        _lead_nowhere(sys.stdout)
        said = f"What is printed could not all be written: {str(error.strerror or error).rstrip('.')}"
        return f"{said}. Make room where stdout leads, or give -o FILE, and run it again."
    where = f" at {error.filename}" if error.filename else ""
    room = "make room"
    # `tempdir`, not `gettempdir()`, which would look for one and fail; `lineage-` is what the pipeline calls its own.
    if tempfile.tempdir and str(error.filename).startswith(os.path.join(tempfile.tempdir, "lineage-")):
        room += ", or set TMPDIR to a folder with more,"
    if error.errno == errno.ENOSPC:
        return f"The disk is full{where}. Nothing was changed; {room} and run it again."
    if error.errno == errno.EDQUOT:
        return f"The disk quota is used up{where}. Nothing was changed; {room} and run it again."
    if error.errno == errno.EFBIG:
        return f"A file outgrew its limit{where}. Nothing was changed; raise the limit (ulimit -f) and run it again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"Writing is not allowed{where}. Set LINEAGE_HOME, or -o, to a folder that can be written."
    return f"{str(error.strerror or error).rstrip('.')}{where}."


EPILOG = """\b
Exit codes: 0 done, 1 failed, 2 usage, 3 not there, 4 finished but incomplete, 130 interrupted.
Try:  lineage build sample
      lineage intermediaries --frame gguf
      lineage tree meta-llama/Meta-Llama-3.1-8B
"""


@click.group(
    cls=Lineage, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(version=__version__, prog_name="lineage")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    envvar="LINEAGE_COLOR",
    metavar="WHEN",
    help="auto, always or never. [default: auto; NO_COLOR and FORCE_COLOR are heeded]",
)
@click.pass_context
def main(ctx: click.Context, debug: bool, color: str | None) -> None:
    """Who made what from which model: build the graph of base models and derivatives, ask it, look at it."""
    if color:
        os.environ["LINEAGE_COLOR"] = color
    log.begin(ctx)
    found = main.settings  # type: ignore[attr-defined]
    log.tell(found)
    if found and found.problems and ctx.invoked_subcommand not in WITHOUT_SETTINGS:
        more = len(found.problems) - 1
        raise UsageError(found.problems[0] + (f" And {more} more: `lineage config show` has all." if more else ""))


main.params.extend(log.options())


#: The modules of `lineage.commands` whose commands there are.
_MODULES = [
    "ask",
    "build",
    "completion",
    "config",
    "crawl",
    "export",
    "figures",
    "history",
    "load",
    "look",
    "maintain",
    "models",
    "query",
    "rank",
    "report",
    "serving",
    "shell",
    "study",
]

for _module in _MODULES:
    for _command in import_module(f"lineage.commands.{_module}").COMMANDS:
        log.accept(_command)
        main.add_command(_command)
