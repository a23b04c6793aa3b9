"""What a spreadsheet makes of a file: by a plain reader of our own, and by LibreOffice.

A quote opens a cell only where the cell begins, and within quotes nothing parts; separators are what the person who opens
the file says, or what their country has.
"""

import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

#: What a file may be parted at: as in this country, as in that one, as in a file of tabs, and all of it together.
PARTED = (",", ";", "\t", ",;\t")

_SIGNS = "=+-@＝＋－＠"
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


def cells(text: str, separators: str) -> list[str]:
    """The cells of a file, one after the other."""
    found, cell, quoted, place = [], "", False, 0
    while place < len(text):
        sign = text[place]
        place += 1
        if quoted:
            if sign != '"':
                cell += sign
            elif text[place : place + 1] == '"':
                cell += '"'
                place += 1
            else:
                quoted = False
        elif sign in separators or sign in "\r\n":
            found.append(cell)
            cell = ""
        elif sign == '"' and not cell:
            quoted = True
        else:
            cell += sign
    return [*found, cell]


def formula(cell: str) -> bool:
    """Whether a spreadsheet could take a cell for a formula; a number is none."""
    bare = re.sub(r"^[\s\x00-\x20\x7f-\xa0\u200b-\u200f\ufeff]+", "", cell)
    return bare[:1] in tuple(_SIGNS) and not _NUMBER.fullmatch(bare.strip())


def formulas(text: str) -> dict[str, list[str]]:
    """By how a file may be parted, the cells in it that could be formulas."""
    return {separators: [cell for cell in cells(text, separators) if formula(cell)] for separators in PARTED}


@dataclass(frozen=True, slots=True)
class Opened:
    """What LibreOffice found in some files, by their names."""

    formulas: dict[str, list[str]]
    cells: dict[str, list[str]]
    seconds: float
    peak: int
    """MB of its largest process, as the system counts."""


def opened(files: Iterable[Path], separators: str, folder: Path) -> Opened:
    """Open files as a person does who says how they are parted and trims blanks; fails where LibreOffice is missing.

    The names of files must be different.
    """
    program = shutil.which("soffice")
    assert program, "no LibreOffice on this machine (apt-get install libreoffice-calc-nogui)"
    out = folder / "opened"
    shutil.rmtree(out, ignore_errors=True)
    codes = "/".join(str(ord(sign)) for sign in separators)
    # Separators, quote, UTF-8, from line 1, columns as they come, no language, quotes do not make text, numbers are found;
    # for writing, nothing; blanks go; all sheets; formulas are run.
    read = f"--infilter=Text - txt - csv (StarCalc):{codes},34,76,1,,0,false,true,false,true,false,0,true"
    profile = f"-env:UserInstallation={(folder / 'profile').resolve().as_uri()}"
    given = [str(path) for path in files]
    command = [program, "--headless", profile, read, "--convert-to", "fods", "--outdir", str(out), *given]
    with (folder / "said.txt").open("wb") as said:
        running = subprocess.Popen(command, stdout=said, stderr=said)
        _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    found, texts = {}, {}
    for path in map(Path, given):
        sheet = out / f"{path.stem}.fods"
        assert sheet.is_file(), (folder / "said.txt").read_text("utf-8", "replace")[-2000:]
        found[path.name], texts[path.name] = _read(sheet)
        sheet.unlink()
    return Opened(found, texts, used.ru_utime + used.ru_stime, used.ru_maxrss >> 10)


_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


def _read(sheet: Path) -> tuple[list[str], list[str]]:
    """The formulas of a sheet, and the texts of its cells."""
    found, texts = [], []
    for _, node in ET.iterparse(sheet):
        if node.tag == f"{_TABLE}table-cell":
            if (text := node.get(f"{_TABLE}formula")) is not None:
                found.append(text)
            texts.append("\n".join("".join(each.itertext()) for each in node.iter(f"{_TEXT}p")))
    return found, texts
