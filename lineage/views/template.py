"""Fill a page: a small part of Mustache, so that markup stays in files and every value is escaped.

    {{name}}             the value, cleaned and escaped
    {{{name}}}           the value as it is; only for text that this package has made safe
    {{#name}}…{{/name}}  once for each mapping in a list, once for a true value, not at all for an empty one

A value is never read as template again, so braces in a model's name stay braces.
"""

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lineage.views import wording

_TAG = re.compile(
    r"\{\{\{(?P<raw>\w+)\}\}\}"
    r"|\{\{(?P<value>\w+)\}\}"
    r"|[ \t]*\{\{#(?P<block>\w+)\}\}\n?(?P<body>.*?)[ \t]*\{\{/(?P=block)\}\}\n?",
    re.DOTALL,
)


def fill(template: str, values: Mapping[str, Any]) -> str:
    """`template` with `values`; a name without a value raises KeyError. Inner blocks see outer values."""

    def one(match: re.Match[str]) -> str:
        if match["raw"]:
            return str(values[match["raw"]])
        if match["value"]:
            return html.escape(wording.clean(str(values[match["value"]])))
        found = values[match["block"]]
        if isinstance(found, Sequence) and not isinstance(found, str):
            return "".join(fill(match["body"], {**values, **each}) for each in found)
        return fill(match["body"], values) if found else ""

    return _TAG.sub(one, template)
