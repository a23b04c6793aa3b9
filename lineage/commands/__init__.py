"""The command line: parse options, call one function, print. Heavy imports stay inside the commands."""

from lineage.commands.main import main

__all__ = ["main"]
