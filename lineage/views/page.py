"""Values, picture and outline → one self-contained, inert HTML file.

The page may load nothing and run nothing but the style and the script that were written into it: its
policy names them by hash. Data stands in a JSON block that no parser of HTML can leave.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

from lineage import __version__
from lineage.views import wording
from lineage.views.pictures.picture import Entry, Legend, Picture
from lineage.views.template import fill

_TAKEN_IN = re.compile(r"^\{\{>([\w.]+)\}\}\n", re.MULTILINE)


def page(template: str, values: Mapping[str, Any], scripts: list[str], styles: list[str], light: bool = False) -> str:
    """The file `template` filled with `values`, with exactly these scripts and styles (their texts) allowed in it.

    `values` holds everything that the template and the parts it takes in name: for `head.html` kicker (what kind of
    page), title and lede, for `dateline.html` header. `light`: a page that does not follow a dark system.
    """
    return fill(
        part(template),
        {
            **values,
            "version": __version__,
            "light": light,
            "dark": not light,
            "scripts": [{"script": script} for script in scripts],
            "styles": [{"style": style} for style in styles],
            "policy": policy(scripts, styles),
        },
    )


def common(picture: Picture) -> dict[str, Any]:
    """The values that every page with a picture shows."""
    return {
        "title": picture.title,
        "header": [{"fact": fact.name, "value": fact.value} for fact in picture.header],
        "legends": [_legend(legend, picture) for legend in picture.legends],
        "drawn": picture.drawn,
        "words": [{"sentence": sentence} for sentence in picture.words],
        "notes": [{"note": note} for note in picture.notes],
    }


def _legend(legend: Legend, picture: Picture) -> dict[str, Any]:
    """A legend as a table whose lines add up to the family."""
    total = picture.downloads

    def line(entry: Entry) -> dict[str, Any]:
        return {
            "key": entry.look,
            "letter": entry.letter,
            # a licence is spelled as it is declared
            "word": entry.word[0].upper() + entry.word[1:] if legend.by == "relation" else entry.word,
            "hint": entry.about,
            "count": wording.exact(entry.models),
            "downloads": wording.exact(entry.downloads),
            "share": wording.share(entry.downloads, total),
            "bar": f"{100 * entry.downloads / total if total else 0:.2f}",
        }

    return {
        "by": legend.by,
        "heading": legend.title,
        "lines": [line(entry) for entry in legend.entries],
        "all_models": wording.exact(picture.models),
        "all_downloads": wording.exact(total),
    }


def part(name: str) -> str:
    """A file of `parts` as text, with the files that it takes in (`{{>name}}` on a line). Line ends are those a
    browser hashes."""
    text = resources.files(__package__).joinpath("parts", name).read_text("utf-8").replace("\r\n", "\n")
    return _TAKEN_IN.sub(lambda found: part(found[1]), text)


def parts(*names: str) -> list[str]:
    """Several files of `parts`, each as a text of its own."""
    return [part(name) for name in names]


def embed(data: Mapping[str, Any]) -> str:
    """JSON that can stand in a script element: ASCII, and nothing that ends the element or opens a tag."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def policy(scripts: list[str], styles: list[str]) -> str:
    """A content security policy under which exactly these scripts and styles work, and nothing else."""
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(_digest(text) for text in scripts) or "'none'",
        "style-src": " ".join(_digest(text) for text in styles) or "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
