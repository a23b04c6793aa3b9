"""`lineage view flows`: whose models downloads stand on, who serves them, and as what, as one page.

rows of the question → what is drawn by name (`flows_drawn.py`) → charts (`strip.py`, `sankey.py`) and tables → page.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from lineage.views import wording
from lineage.views.charts.sankey import Flow, Sankey, Stop, sankey
from lineage.views.charts.strip import Piece, Strip, strip
from lineage.views.flows_drawn import Drawn, Part, drawn
from lineage.views.page import page, parts

#: What each kind of server is called in a diagram, in a table and in a sentence.
SERVERS = {
    "own": ("the same account", "The same account", "the account whose model it was made from"),
    "owner": ("its owner’s other accounts", "Another account of its owner", "another account of the same owner"),
    "intermediary": ("intermediaries", "Listed intermediaries", "an account on the list of intermediaries"),
    "other": ("everyone else", "Everyone else", "any other account"),
}

SCRIPTS = ("page.js", "saving.js")
STYLES = ("page.css", "picture.css", "charts.css")


def flows_page(
    rows: pa.Table, header: Mapping[str, Any], options: Mapping[str, Any], listed: tuple[str, int, str, str],
    shown: Mapping[str, int],
) -> str:  # fmt: skip
    """The rows of the question `flows` as one HTML file; the same rows give the same text.

    `header`: `Session.header()`; `options`: frame (as printed), window, basis, owner, by; `listed`: as
    `reference.list_said`; `shown`: publishers, intermediaries, how many at most are drawn by name.
    """
    found = drawn(rows, **shown)
    return page("flows.html", _values(found, header, options, listed), parts(*SCRIPTS), parts(*STYLES))


def _values(
    found: Drawn, header: Mapping[str, Any], options: Mapping[str, Any], listed: tuple[str, int, str, str]
) -> dict[str, Any]:
    """Everything that `flows.html` names."""
    said = said_of(options, listed)
    kinds = {kind: found.total(kind=kind) for kind in SERVERS}
    by_format = options["by"] == "format"
    return {
        "kicker": "Flows of downloads",
        "title": "Who serves whose models",
        "lede": lede(found, options),
        "header": [{"fact": fact, "value": value} for fact, value in dateline(found, header, said)],
        "figures": [
            {"number": wording.share(part, whole), "what": what, "exact": f"{part:,} of {whole:,}"}
            for part, whole, what in (
                (found.made, found.whole, "of the frame’s downloads go to models that name a base"),
                (kinds["own"] + kinds["owner"], found.made, "of these are served by the base’s own account or owner"),
                (kinds["intermediary"], found.made, "by listed intermediaries"),
                (kinds["other"], found.made, "by everyone else"),
            )
        ],
        "drawn": drawn_words(found),
        "strip": strip(_strip(found, kinds)),
        "made": bool(found.made),
        "nothing": not found.made,
        "sankey": sankey(diagram(found, options["by"])) if found.made else "",
        "kinds": [
            {"tone": kind, "word": SERVERS[kind][1], "hint": SERVERS[kind][2], "downloads": wording.exact(amount),
             "of_made": wording.share(amount, found.made), "of_whole": wording.share(amount, found.whole)}
            for kind, amount in kinds.items()
        ],
        "made_downloads": wording.exact(found.made),
        "made_share": wording.share(found.made, found.whole),
        "alone": wording.exact(found.alone),
        "alone_share": wording.share(found.alone, found.whole),
        "whole": wording.exact(found.whole),
        "publishers": [_publisher(found, place, name) for place, name in enumerate(_names(found, "publishers"))],
        **{f"all_{kind}": wording.share(amount, found.made) for kind, amount in kinds.items()},
        "has_intermediaries": bool(found.intermediaries.all),
        "intermediaries": [_server(found, place, name) for place, name in enumerate(_names(found, "intermediaries"))],
        "intermediary_downloads": wording.exact(kinds["intermediary"]),
        "intermediary_share": wording.share(kinds["intermediary"], found.made),
        "heads": [{"name": _short(name)} for name in _names(found, "intermediaries")],
        "matrix": _matrix(found),
        "keys": [
            {"name": name, "downloads": wording.exact(amount), "share": wording.share(amount, found.made)}
            for name, amount in _keys(found)
        ],
        "key_word": "format" if by_format else "relation",
        "by_format": by_format,
        "by_relation": not by_format,
        **said,
        "snapshot": header["name"],
        "day": wording.day(header["taken_at"]),
        "source": header["source"],
    }  # fmt: skip


def said_of(options: Mapping[str, Any], listed: tuple[str, int, str, str]) -> dict[str, str]:
    """The words for what was asked: frame, window, basis, owner, list."""
    name, accounts, newest, digest = listed
    dated = f", evidence to {newest}" if newest else ""
    return {
        "frame": options["frame"],
        "window": wording.window(options["window"]),
        "basis": options["basis"],
        "basis_about": wording.basis(options["basis"]),
        "owner": options["owner"],
        "list": name,
        "list_about": f"{wording.count(accounts, 'account')}{dated}, version {digest}",
    }


def dateline(found: Drawn, header: Mapping[str, Any], said: Mapping[str, str]) -> list[tuple[str, str]]:
    """Where the numbers come from: the first line of the page."""
    return [
        ("Snapshot", f"{header['name']}, {wording.day(header['taken_at'])}"),
        ("Source", header["source"]),
        ("Frame", said["frame"]),
        ("Downloads", said["window"]),
        ("Basis", said["basis"]),
        ("Intermediaries", f"list {said['list']}: {said['list_about']}"),
        ("Drawn", drawn_words(found)),
    ]


def drawn_words(found: Drawn) -> str:
    """What is drawn by name, and that nothing is dropped."""

    def part(names: Any, one: str, many: str) -> str:
        return f"all {names.all:,} {many}" if names.all != 1 and not names.rest else (
            f"{len(names.shown):,} of {wording.count(names.all, one, many)}"
        )  # fmt: skip

    if not found.made:
        return "one bar, for no model of the frame names a base; nothing dropped"
    named = f"{part(found.publishers, 'base publisher', 'base publishers')} and "
    named += part(found.intermediaries, "intermediary", "intermediaries")
    return f"{named} by name, the rest as others; nothing dropped"


def lede(found: Drawn, options: Mapping[str, Any]) -> str:
    """One sentence to quote, with its numerators and denominators."""
    models = "all models" if options["frame"] == "all" else f"models in the frame {options['frame']}"
    text = (
        f"Of {wording.count(found.whole, 'download')} of {models} ({wording.window(options['window'])}), "
        f"{found.made:,} ({wording.share(found.made, found.whole)}) went to models that name what they were made from"
    )
    if not found.made:
        return text + "."
    kinds = {kind: found.total(kind=kind) for kind in SERVERS}
    own = kinds["own"] + kinds["owner"]
    return (
        f"{text}: {kinds['intermediary']:,} of these ({wording.share(kinds['intermediary'], found.made)}) through "
        f"listed intermediaries, {own:,} ({wording.share(own, found.made)}) through the maker of the base itself."
    )


def diagram(found: Drawn, by: str) -> Sankey:
    """The Sankey diagram of what was made from a base."""
    publishers = [
        Stop(f"p{place}", name, "unknown" if name == "(unknown)" else "")
        for place, name in enumerate(found.publishers.shown)
    ]
    rest = wording.count(found.publishers.rest, "other publisher")
    publishers.append(Stop(f"p{len(publishers)}", rest, "others"))
    servers = [Stop("own", SERVERS["own"][0], "", "own"), Stop("owner", SERVERS["owner"][0], "", "owner")]
    servers += [Stop(f"i{p}", name, "", "intermediary") for p, name in enumerate(found.intermediaries.shown)]
    rest = wording.count(found.intermediaries.rest, "other intermediary", "other intermediaries")
    servers.append(Stop(f"i{len(found.intermediaries.shown)}", rest, "", "intermediary"))
    servers.append(Stop("other", SERVERS["other"][0], "others"))
    keys = [Stop(f"k{p}", n, "unknown" if n == "(unknown)" else "") for p, n in enumerate(found.keys.shown)]
    keys.append(Stop(f"k{len(keys)}", wording.count(found.keys.rest, "other"), "others"))
    columns = (
        ("Made from models of", tuple(publishers)),
        ("Served by", tuple(servers)),
        ("Format" if by == "format" else "Made as", tuple(keys)),
    )
    flows = tuple(Flow((f"p{p.publisher}", stop(p), f"k{p.key}"), p.downloads, p.kind) for p in found.parts)
    return Sankey(
        "flows",
        "Downloads of models that name a base, from the base’s publisher over the server to the "
        + ("format" if by == "format" else "relation"),
        "The tables below hold the same numbers.",
        columns,
        flows,
        found.made,
    )


def stop(part: Part) -> str:
    """The key of the server's stop in the diagram."""
    return f"i{part.server}" if part.kind == "intermediary" else part.kind


def _strip(found: Drawn, kinds: Mapping[str, int]) -> Strip:
    made = tuple(
        Piece(SERVERS[kind][1], amount, "others" if kind == "other" else "", kind) for kind, amount in kinds.items()
    )
    alone = Piece("Models that name no base", found.alone, "none")
    return Strip("whole", "All downloads of the frame", "The table below holds the same numbers.", (*made, alone))


def _names(found: Drawn, which: str) -> list[str]:
    names = getattr(found, which)
    rest = ["(others)"] if names.rest else []
    return [*names.shown, *rest]


def _short(name: str) -> str:
    return name if len(name) <= 18 else name[:11] + "…" + name[-6:]


def _publisher(found: Drawn, place: int, name: str) -> dict[str, Any]:
    amounts = [found.total(publisher=place, kind=kind) for kind in SERVERS]
    label = f"{found.publishers.rest:,} others" if place == len(found.publishers.shown) else name
    return {**_row(amounts, found.made), **_linked(label, name if label == name else "")}


def _row(amounts: list[int], made: int) -> dict[str, Any]:
    total = sum(amounts)
    return {
        "downloads": wording.exact(total),
        "share": wording.share(total, made),
        **{kind: wording.share(amount, total) for kind, amount in zip(SERVERS, amounts, strict=True)},
        **{f"{kind}_exact": wording.exact(amount) for kind, amount in zip(SERVERS, amounts, strict=True)},
    }


def _linked(label: str, id: str) -> dict[str, Any]:
    href = wording.address(id) if id and "/" not in id else None
    return {"linked": [{"href": href}] if href else [], "unlinked": not href, "name": label}


def _server(found: Drawn, place: int, name: str) -> dict[str, Any]:
    amount = found.total(kind="intermediary", server=place)
    rest = place == len(found.intermediaries.shown)
    label = f"{found.intermediaries.rest:,} others" if rest else name
    served, whom = (0, ()) if rest else found.served[place]
    of_whom = ", ".join(f"{publisher} {wording.share(part, amount)}" for publisher, part in whom)
    keys = sorted(
        ((found.total(kind="intermediary", server=place, key=k), k) for k in range(len(found.keys.shown))),
        key=lambda each: (-each[0], each[1]),
    )
    as_what = ", ".join(f"{found.keys.shown[k]} {wording.share(part, amount)}" for part, k in keys[:2] if part)
    return {
        **_linked(label, "" if rest else name),
        "downloads": wording.exact(amount),
        "share": wording.share(amount, found.made),
        "served": "" if rest else f"{served:,}",
        "whom": of_whom,
        "as_what": as_what,
    }


def _matrix(found: Drawn) -> list[dict[str, Any]]:
    """A line a publisher, a cell an intermediary; the shade goes with the cell's part of the largest."""
    servers = range(len(_names(found, "intermediaries")))
    amounts = {
        (p, s): found.total(publisher=p, kind="intermediary", server=s)
        for p in range(len(_names(found, "publishers")))
        for s in servers
    }
    most = max(amounts.values(), default=0)
    return [
        {
            "name": f"{found.publishers.rest:,} others" if place == len(found.publishers.shown) else name,
            "cells": [
                {"amount": wording.short(value) if value else "·", "exact": wording.exact(value),
                 "shade": str(-(-5 * value // most) if most else 0)}
                for value in (amounts[place, s] for s in servers)
            ],
            "total": wording.exact(sum(amounts[place, s] for s in servers)),
        }
        for place, name in enumerate(_names(found, "publishers"))
    ]  # fmt: skip


def _keys(found: Drawn) -> list[tuple[str, int]]:
    shown = [(name, found.total(key=place)) for place, name in enumerate(found.keys.shown)]
    rest = [(f"{found.keys.rest:,} others", found.total(key=len(shown)))] if found.keys.rest else []
    return [*shown, *rest]
