"""Texts that a spreadsheet runs, and a table of models that holds them wherever one can.

`CELLS` are written for what a reader of a sheet does to a cell: signs that begin a formula, what may stand before them, and
separators and quotes that begin a cell where none was. `rows` go through the real build; `LANDS` says which column of a
snapshot then holds them, and of each other column of text why it cannot.
"""

import json
from pathlib import Path
from typing import Any

from lineage.catalog import Catalog
from lineage.pipeline import build
from lineage.session import Session

SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

#: What stands before a sign.
_BEFORE = (
    "", " ", "   ", "\t", "\n", "\r", "\r\n", "\n\n", "\u00a0", "\u3000", "\ufeff", "\u200b", "\x00", "\x0b", "\x85", "\u2028", "'", "''",
    '"', '""', "\"'", "'\"", '" "', "x,", "x;", "x\t", "x\n", "x\r", "x\r\n", "x, ", 'x;"', "x,'", 'x";', 'x","', 'x"\n', ";;", ",,", "\t\t", "=1;", "'\n",
)  # fmt: skip

#: Deeds.
_FORMULAS = (
    "=cmd|' /C calc'!A0", '=HYPERLINK("http://127.0.0.1:1/","x")', '=IMPORTXML("http://127.0.0.1:1/","//a")', "=DDE(\"cmd\";\"/C calc\";\"\")",
    '=WEBSERVICE("http://127.0.0.1:1/")', "-2+3+cmd|' /C calc'!A0", "@SUM(1,1)", "+1+1", "=1+1", 'x";=1+1;"y', 'x;=1+1;y', "x,=1+1,y", "x\t=1+1\ty",
    "x\n=1+1\ny", "=1+1\n=1+2", "-", "=", "--1", "=-1", "-5", "+5", "=1", "'=1+1", "''=1+1", '"', '""', '"x', ';"', "mit;=1+1;=1+2", "=\u202e1+1",
)  # fmt: skip

CELLS = tuple(dict.fromkeys([*(f"{before}{sign}1+1" for before in _BEFORE for sign in SIGNS), *_FORMULAS]))

#: Ids that begin with the one sign that ids have.
IDS = ("-A1/-B2", "-1/-1", "-A1/x", "x/-A1", "-2-3/m", "-c1/x", "-c2/x")

ROOT = "maker/root"


def _row(id: str, text: str, named: list[str], place: int) -> dict[str, Any]:
    tags = [text, f"license:{text}", "gguf", *(f"base_model:{one}" for one in named)]
    card = {
        "license": [text, f"x{text}"],
        "base_model": [*named, text],
        "base_model_relation": text,
        "quantized_by": text,
        "tags": [text],
    }
    return {"id": id, "_id": text, "downloads": 1000 + place, "pipeline_tag": text, "library_name": text, "tags": tags, "cardData": card}  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """A root, of each text a model that has it in every field and a row that has it as its id, and ids that are formulas."""
    made = [{"id": ROOT, "downloads": 7, "tags": ["base_model:-gone/-gone"]}]
    for place, text in enumerate(CELLS):
        made.append(_row(f"h{place % 9}/m{place}", text, [ROOT], place))
        made.append({"id": text, "downloads": 1})
    made += [_row(id, "=1+1", [ROOT, "-gone/-gone"], place) for place, id in enumerate(IDS[:-2])]
    made += [_row("-c1/x", "=1+1", ["-c2/x"], 3), _row("-c2/x", "=1+1", ["-c1/x"], 4)]
    return made


def built(folder: Path) -> Session:
    """The snapshot of these rows."""
    path, catalog = folder / "cells.jsonl", Catalog(folder / "home")
    path.write_text("".join(json.dumps(row) + "\n" for row in rows()), "utf-8")
    return Session(build(str(path), catalog=catalog, name="cells", taken_at="2024-09-20").snapshot, catalog)


#: Any text. Ids: letters, digits, dot, dash and underscore, so of the signs only the dash.
ANY, ID = "any text", "an id"
_WORDS = "words of ours, one of a few"

#: What each column of text of a snapshot can hold.
LANDS: dict[str, dict[str, str]] = {
    "models": {"id": ID, "publisher": ID, "basis": _WORDS, "hub_id": ANY, "pipeline_tag": ANY, "library": ANY, "licences": ANY,
               "produced_by": ANY, "format": _WORDS, "format_evidence": "words of ours and a tag or suffix out of formats.csv",
               "parameters_evidence": _WORDS, "disclosed": _WORDS, "card_problem": _WORDS, "card_oddities": _WORDS, "relation": _WORDS,
               "base": ID, "cycle": ID},
    "tags": {"id": ID, "tag": ANY},
    "edges": {"child": ID, "base": ID, "relation": _WORDS, "relation_stated": _WORDS, "relation_inferred": _WORDS, "evidence": _WORDS,
              "rule": _WORDS, "basis": _WORDS},
    "claims": {"child": ID, "base_as_written": ANY, "relation_as_written": ANY, "evidence": _WORDS, "rule": _WORDS, "base": ID,
               "outcome": _WORDS, "reason": _WORDS},
    "ancestry": {"model": ID, "ancestor": ID},
    "publishers": {"publisher": ID, "owner": ID, "owner_group": "a lower-case word of publishers.csv, checked when it is read",
                   "type": _WORDS, "countries": "codes of ISO 3166-1, checked when they are read"},
    "rejected": {"id": ANY, "reason": _WORDS, "row": "the row as JSON, which begins with {; texts stand in it"},
}  # fmt: skip
