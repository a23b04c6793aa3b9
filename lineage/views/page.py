"""Values, picture and outline → one self-contained, inert HTML file.

The page may load nothing and run nothing but the style and the script that were written into it: its
policy names them by hash. Data stands in a JSON block that no parser of HTML can leave.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from lineage.views.template import fill


def page(values: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """The file `page.html` filled with `values`, and with `data` for `outline.js`."""
    style, script = part("page.css"), part("outline.js")
    return fill(
        part("page.html"),
        {
            **values,
            "style": style,
            "script": script,
            "data": embed(data),
            "policy": policy([script], [style]),
        },
    )


def part(name: str) -> str:
    """A file of this package as text. Line ends are those a browser hashes."""
    return resources.files(__package__).joinpath(name).read_text("utf-8").replace("\r\n", "\n")


def embed(data: Mapping[str, Any]) -> str:
    """JSON that can stand in a script element: ASCII, and nothing that ends the element or opens a tag."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def policy(scripts: list[str], styles: list[str]) -> str:
    """A content security policy under which exactly these scripts and styles work, and nothing else."""
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(_digest(text) for text in scripts),
        "style-src": " ".join(_digest(text) for text in styles),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
