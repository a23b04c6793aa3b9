"""`lineage view ancestors`: where a model comes from → one page, or the same picture by pyvis.

ancestors (`answers/ancestors.py`) → folded → picture (`pedigree.py`) → writer (`svg.py` and `page.py`, or `pyvis.py`).
"""

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lineage.views import origins, wording
from lineage.views.budget import within
from lineage.views.page import common, embed, page, parts
from lineage.views.pedigree import Folded, account, draw, fold
from lineage.views.pictures import palette
from lineage.views.pictures.picture import Fact, Picture
from lineage.views.pictures.svg import svg

if TYPE_CHECKING:
    from lineage.answers.ancestors import Ancestors

SCRIPTS = ("page.js", "saving.js")
STYLES = ("page.css", "picture.css", "origins.css")

#: So many models stand in the table; of a taller tower those nearest to the model, and the rest is counted.
LISTED = 500

#: So many bytes the rows that the page gives away may have, of its megabyte; links of the nearest come first.
KEPT = 300_000


def ancestors_page(found: "Ancestors", *, nodes: int = 60) -> str:
    """What a model goes back to as one HTML file: picture and table. About `nodes` models are drawn by name.

    The same ancestors give the same text. Where names are so long that it would weigh more than a page may, they are
    cut, and it says so.
    """
    return within(lambda shown, said: _page(shown, nodes, said), found)


def _page(found: "Ancestors", nodes: int, said: str) -> str:
    folded, picture = _picture(found, nodes)
    picture = replace(picture, notes=(*picture.notes, said)) if said else picture
    return page("ancestors.html", _values(found, folded, picture), parts(*SCRIPTS), parts(*STYLES))


def ancestors_picture(found: "Ancestors", *, nodes: int = 60) -> Picture:
    """The picture alone, for other writers."""
    return _picture(found, nodes)[1]


def ancestors_pyvis(found: "Ancestors", *, nodes: int = 60) -> str:
    """The same picture as an HTML file that pyvis wrote, made inert and self-contained."""
    from lineage.views.pictures.pyvis import write

    picture = _picture(found, nodes)[1]
    # there a broken line is a further base; here each line is a base like the others
    links = tuple(replace(link, first=True) for link in picture.links)
    return write(replace(picture, links=links), "Where a model comes from")


def _picture(found: "Ancestors", nodes: int) -> tuple[Folded, Picture]:
    folded = fold(found, nodes)
    return folded, draw(found, folded, _header(found, folded), _drawn(found, folded))


def _header(found: "Ancestors", folded: Folded) -> tuple[Fact, ...]:
    """Where the numbers come from: the first line of the page."""
    above = found.members.num_rows - 1
    stubs = sum(found.members["stub"].to_pylist()[1:])
    only = f", {stubs:,} of them not in the snapshot" if stubs else ""
    badges = len(folded.drawn) - folded.named
    drawn = f"all {above:,}" if not badges else f"{folded.named - 1:,} of {above:,} by name, the rest in badges"
    return (
        Fact("Snapshot", f"{found.snapshot}, {wording.day(found.taken_at)}"),
        Fact("Source", found.source),
        Fact("Ancestors", f"{above:,}{only}; {wording.count(found.links.num_rows, 'link')}"),
        Fact("Drawn", f"{drawn}, nothing dropped" if above else "the model alone"),
        Fact("Basis", found.basis),
        Fact("Downloads", wording.window(found.window)),
    )


def _drawn(found: "Ancestors", folded: Folded) -> str:
    """What is and is not shown; nothing is left out silently."""
    above, links = found.members.num_rows - 1, found.links.num_rows
    if len(folded.drawn) == folded.named:
        return (
            f"Drawn: {'all ' if above > 1 else ''}{wording.count(above, 'ancestor')} and "
            f"{wording.count(links, 'link')}. The model stands on the right, every base left of what was made from it."
        )
    badges = len(folded.drawn) - folded.named
    inside = sum(
        folded.place[child] == folded.place[base]
        for child, base in zip(found.links["child"].to_pylist(), found.links["base"].to_pylist(), strict=True)
    )
    within = f" {wording.count(inside, 'link')} between models of one badge is not drawn." if inside == 1 else (
        f" {wording.count(inside, 'link')} between models of one badge are not drawn." if inside else ""
    )  # fmt: skip
    rest = above - folded.named + 1
    return (
        f"Drawn by name: {folded.named - 1:,} of {above:,} ancestors, the direct bases and those of most downloads; "
        f"the other {rest:,} stand in {wording.count(badges, 'badge')}; nothing is dropped.{within} The model "
        "stands on the right, every base left of what was made from it, as far as the longest way leads."
    )


def _values(found: "Ancestors", folded: Folded, picture: Picture) -> dict[str, Any]:
    """Everything that `ancestors.html` names, except style and script."""
    rows, links = found.members.to_pylist(), found.links.to_pylist()
    top = rows[0]
    name, title = wording.split(top["id"])
    groups = origins.groups(rows, links, LISTED)
    told = 1 + sum(len(group["lines"]) for group in groups)  # by distance: what is left out is farthest away
    rest = rows[told:] if len(rows) > origins.WHOLE else []
    roots = origins.roots(rows, links)
    changes = origins.changes(rows, links)
    marks = set(picture.marks)
    stubs = sum(row["stub"] for row in rows[1:])
    kept = _kept(rows, links)
    return {
        **common(picture),
        "kicker": "Where a model comes from",
        "account": name and name + "/",
        "name": title,
        "about": _about(top),
        "address": [{"href": href} for href in [wording.address(top["id"])] if href],
        "lede": origins.lede(found, rows, links),
        "licence": origins.licence(rows, links),
        "alone": len(rows) == 1,
        "several": len(rows) > 1,
        "stub": bool(top["stub"]),
        "elsewhere": [{"base": base, "basis": basis} for base, basis in found.elsewhere],
        "steps": wording.exact(max(row["distance"] for row in rows)),
        "above": wording.exact(len(rows) - 1),
        "stubs": [{"only": f"{stubs:,}"}] if stubs else [],
        "roots": wording.exact(len(roots)),
        "accounts": wording.exact(len({(row["publisher"] or "").lower() for row in rows})),
        "svg": svg(picture),
        "signs": _signs(rows),
        "has_intermediary": any(row["listed"] for row in rows),
        **{f"has_{mark}": mark in marks for mark in ("badge", "stated", "inferred", "dangling")},
        "groups": groups,
        "whole": len(rows) <= origins.WHOLE,
        "parted": len(rows) > origins.WHOLE,
        "dated": any(row["created_at"] for row in rows),
        "rest": [
            {
                "count": wording.count(len(rest), "more model is", "more models are"),
                "from": rest[0]["distance"],
                "to": rest[-1]["distance"],
                "downloads": wording.exact(sum(row["downloads"] or 0 for row in rest)),
            }
        ]
        if rest
        else [],
        "changed": bool(changes),
        "changes": changes[:50],
        "more_changes": [{"count": f"{len(changes) - 50:,}"}] if len(changes) > 50 else [],
        "evidence": origins.evidence(links),
        "rejected": [{"text": text, "why": wording.prose(why)} for text, why in found.rejected[:20]],
        "has_rejected": bool(found.rejected),
        "rejected_count": wording.count(len(found.rejected), "claim"),
        "rejected_above": [{"count": wording.count(found.rejected_above, "claim")}] if found.rejected_above else [],
        "circle": any(row["cycle"] for row in rows),
        "older": sum(bool(link["older_than_base"]) for link in links),
        "snapshot": found.snapshot,
        "day": wording.day(found.taken_at),
        "source": found.source,
        "basis": found.basis,
        "basis_about": wording.basis(found.basis),
        "window": wording.window(found.window),
        "data": embed(kept),
        "kept_whole": len(kept["rows"]) == len(links),
        "kept_part": [{"count": f"{len(kept['rows']):,}", "of": f"{len(links):,}"}]
        if len(kept["rows"]) < len(links)
        else [],
    }


def _about(top: dict[str, Any]) -> list[dict[str, str]]:
    """Who made the model and what it is, as far as the snapshot knows."""
    listed = " (a listed intermediary)" if top["listed"] else ""
    facts = [
        ("Published by", (top["publisher"] or "an account without a name") + listed),
        ("Licence", ", ".join(top["licences"] or ())),
        ("Task", top["pipeline_tag"]),
        ("Format", top["format"]),
        ("Created", f"{top['created_at']:%Y-%m-%d}" if top["created_at"] else ""),
        ("Downloads", wording.exact(top["downloads"])),
    ]
    return [{"fact": fact, "value": value} for fact, value in facts if value]


def _signs(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The colours that occur, with how many models have each."""
    count = Counter((row["relation"] or "unlabelled") if row["bases"] else "" for row in rows)
    return [
        {
            "key": f"relation-{key or 'top'}",
            "letter": look.letter,
            "word": look.many[0].upper() + look.many[1:] if key else "Roots",
            "count": wording.exact(count[key]),
            "hint": look.about if key else "no base is known",
        }
        for key, look in palette.RELATIONS.items()
        if count[key]
    ]


def _kept(rows: list[dict[str, Any]], links: list[dict[str, Any]]) -> dict[str, Any]:
    """What the page gives away as a table: one line a link, as many as `KEPT` allows."""
    head = ["model", "made from", "relation", "evidence", "known", "base steps away", "base licences", "base publisher",
            "account", "base downloads", "base in the snapshot", "licences differ"]  # fmt: skip
    made = (
        [
            rows[link["child"]]["id"], (base := rows[link["base"]])["id"], link["relation"], link["evidence"],
            link["known"], base["distance"], ", ".join(base["licences"] or ()) or None, base["publisher"],
            account(base), base["downloads"], "no" if base["stub"] else "yes",
            None if link["conflict"] is None else "yes" if link["conflict"] else "no",
        ]
        for link in links
    )  # fmt: skip
    table, weight = [], 0
    for row in made:
        weight += len(embed({"": row})) - 4
        if weight > KEPT:
            break
        table.append(row)
    return {"version": 1, "file": "ancestors", "head": head, "rows": table}
