"""The way into `lineage`: a Tab is answered at once, everything else goes on to the commands.

Only what a Tab needs is imported here: it is asked for at every press, and has a tenth of a second.
"""

import os
import sys
from typing import Any


def main(**options: Any) -> Any:
    """Run the command line, or answer the shell that asks for a completion."""
    if "_LINEAGE_COMPLETE" in os.environ and _told():
        sys.exit(0)
    from lineage.commands import main as commands

    return commands(**options)


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
