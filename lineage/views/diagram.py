"""The rows of `lineage schema` → an entity-relationship diagram in Mermaid's words, which many pages draw as it is."""

import re

import pyarrow as pa

#: What Mermaid takes for a word: others stand in quotes, in which nothing can be escaped.
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)

_TYPES = {"ZONED DATETIME": "datetime"}


def mermaid(table: pa.Table, *, counts: bool = True) -> str:
    """An `erDiagram`: a box for each label with its properties, a line for the types of links between two, with
    their counts.

    `table`: columns kind, name, property, type, count, as `lineage schema` prints them. Without `counts` the text is
    the same for every snapshot. Characters that Mermaid has no form for become `_`.
    """
    rows = table.select(["kind", "name", "property", "type", "count"]).to_pylist()
    lines, types = ["erDiagram"], dict[str, list[str]]()
    for head in (row for row in rows if row["property"] is None):
        inside = [row for row in rows if row["property"] is not None and row["name"] == head["name"]]
        if head["kind"] == "node":
            shown = f"{head['name']}: {head['count']:,}"
            lines.append(f"    {_word(head['name'])}{f'[{_quoted(shown)}]' if counts else ''} {{")
            lines += [f"        {_type(row['type'])} {_attribute(row['property'])}" for row in inside]
            lines.append("    }")
        else:
            counted = f" ({head['count']:,})" if counts else ""
            named = ": " + ", ".join(row["property"] for row in inside) if inside else ""
            types.setdefault(head["type"], []).append(head["name"] + counted + named)
    for ends, said in types.items():
        # Types between the same labels share a line: Mermaid draws a second line from a box to itself over the first.
        child, _, base = ends.partition(" → ")
        lines.append(f"    {_word(child)} }}o--o{{ {_word(base)} : {_quoted(' / '.join(said))}")
    return "\n".join(lines) + "\n"


def _type(name: str) -> str:
    """STRING → string, LIST<STRING> → string[]."""
    if name.startswith("LIST<") and name.endswith(">"):
        return _type(name[5:-1]) + "[]"
    return re.sub(r"\W", "_", _TYPES.get(name, name.lower()), flags=re.ASCII)


def _attribute(name: str) -> str:
    return name if _WORD.fullmatch(name) else "_" + re.sub(r"\W", "_", name, flags=re.ASCII)


def _word(name: str) -> str:
    return name if _WORD.fullmatch(name) else _quoted(name or "?")


def _quoted(text: str) -> str:
    return '"' + re.sub(r'["%\\;#\x00-\x1f]', "_", text) + '"'
