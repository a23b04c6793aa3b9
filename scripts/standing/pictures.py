"""The two pages that the pictures of `docs/intermediaries.md` are taken of."""

from pathlib import Path

from lineage.session import Session
from lineage.views import wording
from lineage.views.charts.strip import Piece, Strip, strip
from lineage.views.page import parts
from lineage.views.template import fill
from scripts.standing.tables import KINDS, MEASURES, Row, largest, ranked, served


def serving(sessions: dict[str, Session]) -> str:
    """A page with a bar a model: by whom it is served."""
    groups = []
    for name, session in sessions.items():
        bars = []
        for place, row in enumerate(served(session)):
            pieces = tuple(Piece(KINDS[k], row[k], tone=k) for k in KINDS)
            about = f"{row['servers']} account{'s' * (row['servers'] != 1)}, HHI {row['hhi']:.2f}"
            bars.append({"id": row["id"], "about": f"{row['downloads']:,} downloads, {about}",
                         "svg": strip(Strip(f"{name}-{place}", row["id"], about, pieces), 620)})  # fmt: skip
        groups.append({"snapshot": name, "taken_at": session.snapshot.taken_at[:10], "bars": bars})
    keys = [{"tone": tone, "word": word} for tone, word in KINDS.items()]
    return _page("serving.html", {"groups": groups, "keys": keys, "title": "Who serves a model"})


def measures(sessions: dict[str, Session]) -> str:
    """A page with a matrix: accounts by measures, shaded by place."""
    groups = []
    for name, session in sessions.items():
        places = {metric: ranked(session, metric) for metric in MEASURES}
        lines = []
        for row in largest(session):
            cells = []
            for metric in MEASURES:
                at = places[metric][1].get(row["publisher"], 0)
                shade = 0 if not at else 5 - sum(at > limit for limit in (3, 10, 30, 100))
                cells.append({"place": f"{at:,}" if at else "–", "shade": shade})
            lines.append({"account": row["publisher"], "flow": wording.short(int(row["flow_in"])), "cells": cells})
        heads = [{"head": head} for head in MEASURES.values()]
        groups.append({"snapshot": name, "taken_at": session.snapshot.taken_at[:10], "heads": heads, "lines": lines,
                       "touched": f"{len(places['in_degree'][0]):,}"})  # fmt: skip
    return _page("measures.html", {"groups": groups, "title": "The same accounts by other measures"})


def _page(name: str, values: Row) -> str:
    """A template beside this script, filled, with the styles of the program's own pages."""
    template = Path(__file__).with_name(name).read_text(encoding="utf-8")
    styles = [{"style": style} for style in parts("page.css", "charts.css")]
    return fill(template, values | {"styles": styles})
