"""The way into `lineage`: a Tab is answered at once, everything else goes on to the commands.

Only what a Tab needs is imported here: it is asked for at every press, and has a tenth of a second.
"""

import os
import sys
from typing import Any


def main(**options: Any) -> Any:
    """Run the command line, or answer the shell that asks for a completion."""
    _open_streams()
    _speak_utf8()
    if "_LINEAGE_COMPLETE" in os.environ and _told():
        sys.exit(0)
    from lineage.commands import main as commands

    return commands(**options)


def _open_streams() -> None:
    """Where a shell has closed one of the three (`>&-`), lead it nowhere: else the next file that is opened has its
    number, and what anybody prints is written into that."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", errors="replace", closefd=False))  # noqa: SIM115


def _speak_utf8() -> None:
    """Begin again in UTF-8 where Python was told to know ASCII alone: names, statements and paths come as bytes then,
    which no engine takes. A flag on its own line ends that, so this happens once."""
    if sys.getfilesystemencoding() == "ascii" and sys.executable and not sys.flags.utf8_mode:
        try:  # noqa: SIM105 - contextlib is more than a Tab needs
            os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
        except OSError:  # then as it is: what is ASCII works
            pass


def _told() -> bool:
    """Answer a Tab. Whatever goes wrong, a person who types sees nothing of it."""
    try:
        from lineage.completion import tab

        home = os.environ.get("LINEAGE_HOME")
        if home:
            home = os.path.expanduser(home)
        else:
            from lineage import config

            home = str(config.home())
        try:
            tab.answer(os.path.join(home, "cache"), home)
        except tab.NotYet:
            from lineage.commands.completion import slowly

            slowly(home)
    except Exception:
        if os.environ.get("_LINEAGE_COMPLETE_DEBUG"):
            raise
    return True
