"""What we stand on: every dependency has its reason, its licence is the one installed, and every version is pinned."""

import re
import sys
from configparser import ConfigParser
from importlib.metadata import distribution, distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: How packages without an SPDX expression name their licence, and what such a name leaves open.
SPDX = {
    "MIT License": "MIT", "BSD License": "BSD-", "BSD": "BSD-", "BSD 2-Clause License": "BSD-2-Clause",
    "Apache Software License": "Apache-2.0", "ISC license": "ISC",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0",
    "GNU General Public License (GPL)": "GPL-2.0-or-later",  # igraph, whose text says which
}  # fmt: skip


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> dict[str, set[str]]:
    """By package, where setup.cfg names it: `` for what everybody gets, else the extra."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    found: dict[str, set[str]] = {}
    for extra, lines in (("", config["options"]["install_requires"]), *config["options.extras_require"].items()):
        for line in lines.split():
            found.setdefault(plain(re.split(r"[<>=]", line)[0]), set()).add(extra)
    return found


def table() -> dict[str, list[str]]:
    """The rows of CONTRIBUTING's table by package: extras, for what, licence, replacement."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("| package | for |")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]
    assert all(len(row) == 4 and all(row) for row in rows)
    return {plain(row[0].split(" ")[0]): [row[0].partition(" ")[2], *row[1:]] for row in rows}


def test_every_dependency_has_its_row_and_no_row_is_left_over() -> None:
    rows, named = table(), declared()
    assert rows.keys() == named.keys()
    for name, extras in named.items():
        said = set(re.findall(r"`([\w-]+)`", rows[name][0])) or ({"test"} if "tests" in rows[name][0] else {""})
        assert said == extras, name


def test_licences_are_those_of_what_is_installed() -> None:
    for name, (_, _, licence, _) in table().items():
        head = distribution(name).metadata
        said = head.get("License-Expression") or ""
        if not said:
            short = (head.get("License") or "").strip()
            kinds = [c.split("::")[-1].strip() for c in head.get_all("Classifier", []) if c.startswith("License")]
            said = short if short and "\n" not in short and len(short) < 40 else kinds[-1]
            said = SPDX.get(said, said)
        assert licence.startswith(said) if said.endswith("-") else licence == said, (name, licence, said)


def test_every_installed_package_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    pins = {plain(name): version for name, version in pinned.items()}
    assert len(pins) == len(pinned)
    here = {
        plain(d.name): d.version for d in distributions() if Path(str(d.locate_file(""))).is_relative_to(sys.prefix)
    }
    installed = {
        name: version for name, version in here.items() if name not in ("pip", "setuptools", "wheel", "model-lineage")
    }
    if "hypothesis" not in installed:
        pytest.skip("the tests run in an environment that is not that of make")
    assert {name: version for name, version in installed.items() if pins.get(name) != version} == {}
    assert declared().keys() <= pins.keys()


def test_what_builds_is_pinned() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'requires = \["setuptools==[\d.]+"\]', text)
