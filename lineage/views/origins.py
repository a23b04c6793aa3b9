"""What is said of where a model comes from: the sentence that leads, the table of the way up, licences, evidence. Pure.

`rows` and `links` are those of `answers/ancestors.py`, as mappings; numbers are places in `rows`.
"""

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lineage.answers.licences import declared
from lineage.views import wording
from lineage.views.pedigree import account
from lineage.views.pictures import palette

if TYPE_CHECKING:
    from lineage.answers.ancestors import Ancestors

Rows = list[dict[str, Any]]

#: So many steps of a plain chain are named in the first sentence.
TOLD = 3

#: Of so many models the way up is one table, which reads like a tree.
WHOLE = 60

#: "made by" one relation, as what a sentence says of a model.
_A = {
    "finetune": "a finetune",
    "adapter": "an adapter",
    "quantized": "a quantization",
    "merge": "a merge",
    "copy": "a copy",
    "mixed": "a derivative (its bases are labelled differently)",
    "unlabelled": "a derivative (how is not said)",
}

#: By kind of evidence: where it stands, the surest first.
EVIDENCE = {
    "hub": "the Hub’s own field",
    "tag": "a tag of the Hub",
    "card": "its card",
    "config": "its adapter’s configuration",
    "tag-author": "a tag by its author",
    "text": "its card’s prose",
    "name": "its name",
}


def lede(found: "Ancestors", rows: Rows, links: Rows) -> str:
    """The one sentence that a reader takes along."""
    top = rows[0]
    if len(rows) == 1:
        return (
            f"Nothing in this snapshot says what {top['id']} was made from, on the basis {found.basis}: it is a root."
        )
    bases = _bases(links)
    by = f" by {top['publisher']}" if top["publisher"] else ""
    chain = _chain(bases)
    relation = _A.get(top["relation"] or "unlabelled", "a derivative")
    steps = max(row["distance"] for row in rows)
    accounts = len({(row["publisher"] or "").lower() for row in rows})
    if len(bases[0]) > 1:
        text = f"{top['id']} is {relation}{by} of {wording.count(len(bases[0]), 'model')}"
        ends = roots(rows, links)
        if len(rows) - 1 > len(bases[0]):
            text += f" and goes back to {wording.count(len(rows) - 1, 'model')}"
    else:
        told = chain[1 : TOLD + 1]
        text = f"{top['id']} is {relation}{by} of {rows[told[0]]['id']}"
        for at, above in pairwise(told):
            text += f", itself {_A.get(rows[at]['relation'] or 'unlabelled', 'a derivative')} of {rows[above]['id']}"
        last = told[-1]
        if len(chain) > len(told) + 1:
            text += f", and so on up to {rows[chain[-1]]['id']}"
            last = chain[-1]
        if len(bases.get(last, [])) > 1:
            how = _A.get(rows[last]["relation"] or "unlabelled", "a derivative")
            text += f", itself {how} of {len(bases[last]):,} models"
        ends = roots(rows, links)
    over = f"{'at most ' if len(rows) - 1 > len(chain) - 1 else ''}{wording.count(steps, 'step')}"
    return f"{text}: {over}, {wording.count(accounts, 'account')}, {wording.count(len(ends), 'root')}."


def licence(rows: Rows, links: Rows) -> str:
    """What becomes of the licence along the way, in a sentence."""
    known = [row for row in rows if declared(row["licences"]) is not None]
    if not known:
        return "None of these models declares a licence." if len(rows) > 1 else ""
    if len(rows) == 1:
        return ""
    silent = len(rows) - len(known)
    rest = f"; of {silent:,} more none is known" if silent else ""
    words = {declared(row["licences"]) for row in known}
    told = sum(bool(link["conflict"]) for link in links)
    if len(words) == 1:
        who = "both" if len(known) == 2 else f"all {len(known):,}"
        said = f"{who} that declare one" if silent else f"{who} models"
        if len(known) == 1:
            said = rows[0]["id"] if known[0] is rows[0] else known[0]["id"]
        return f"Licence {', '.join(known[0]['licences'])}, declared by {said}{rest}."
    compared = sum(link["conflict"] is not None for link in links)
    differ = (
        f"the words differ between model and base in {told:,} of the "
        f"{wording.count(compared, 'link')} with a licence at both ends"
        if compared
        else "no link has a licence known at both ends"
    )
    return f"{wording.count(len(words), 'different licence')} are declared on the way; {differ}{rest}."


def _bases(links: Rows) -> dict[int, list[int]]:
    """By member the places of its bases, first base first."""
    bases: dict[int, list[int]] = {}
    for link in links:
        bases.setdefault(link["child"], []).append(link["base"])
    return bases


def _chain(bases: dict[int, list[int]]) -> list[int]:
    """From the model upwards as long as there is exactly one base."""
    chain = [0]
    while len(bases.get(chain[-1], [])) == 1 and bases[chain[-1]][0] not in chain:
        chain.append(bases[chain[-1]][0])
    return chain


def roots(rows: Rows, links: Rows) -> list[int]:
    """Members above the model that name no base; a circle without a base outside it is one."""
    bases = _bases(links)
    found = [at for at in range(len(rows)) if at not in bases]
    circles: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        if row["cycle"]:
            circles.setdefault(row["cycle"], []).append(at)
    for members in circles.values():
        if all(base in members for at in members for base in bases.get(at, [])):
            found.append(members[0])
    return sorted(found)


def reading_order(rows: Rows, links: Rows) -> tuple[list[int], list[int]]:
    """(members, each after the one that it stands under; the link under which each stands, -1 for the model).

    A member stands under the first of those made from it that are one step nearer to the model.
    """
    under = [-1] * len(rows)
    for number, link in enumerate(links):
        child, base = link["child"], link["base"]
        if under[base] < 0 and rows[base]["distance"] == rows[child]["distance"] + 1:
            under[base] = number
    below: dict[int, list[int]] = {}
    for number, link in enumerate(links):
        if under[link["base"]] == number:
            below.setdefault(link["child"], []).append(link["base"])
    order, stack = [], [0]
    while stack:
        at = stack.pop()
        order.append(at)
        stack.extend(reversed(below.get(at, [])))
    return order, under


def groups(rows: Rows, links: Rows, listed: int) -> list[dict[str, Any]]:
    """The way up as tables: one, in which each model hangs under what was made from it, or of more than `WHOLE` models
    one for each number of steps, those of most downloads first. At most about `listed` models, the nearest."""
    order, under = reading_order(rows, links)
    if len(rows) <= WHOLE:
        return [{"near": True, "far": False, "lines": lines(rows, links, order, under)}]
    found: list[dict[str, Any]] = []
    for steps in range(1, max(row["distance"] for row in rows) + 1):
        members = [at for at, row in enumerate(rows) if row["distance"] == steps]
        members.sort(key=lambda at: (-(rows[at]["downloads"] or 0), at))
        if listed < len(members):
            break
        listed -= len(members)
        found.append(
            {
                "near": False,
                "far": True,
                "open": steps == 1,
                "away": wording.count(steps, "step") + " away",
                "count": wording.count(len(members), "model"),
                "sum": wording.count(sum(rows[at]["downloads"] or 0 for at in members), "download"),
                "lines": [
                    {**line, "depth": 0, "below": rows[links[under[at]]["child"]]["id"] if steps > 1 else ""}
                    for at, line in zip(members, lines(rows, links, members, under), strict=True)
                ],
            }
        )
    return found


def lines(rows: Rows, links: Rows, order: list[int], under: list[int]) -> list[dict[str, Any]]:
    """For each member in `order` what its line in a table says."""
    also: dict[int, list[dict[str, Any]]] = {}
    for number, link in enumerate(links):
        if under[link["base"]] != number:
            also.setdefault(link["base"], []).append(link)
    return [_line(rows, links[under[at]] if under[at] >= 0 else None, at, also.get(at, [])) for at in order]


def _line(rows: Rows, link: dict[str, Any] | None, at: int, also: Rows) -> dict[str, Any]:
    row = rows[at]
    href = wording.address(row["id"])
    name, title = wording.split(row["id"])
    made = (link["relation"] or "unlabelled") if link else ""
    chips = [("intermediary", "listed")] if row["listed"] else []
    chips += [(f"{row['bases']} bases", "")] if (row["bases"] or 0) > 1 else []
    chips += [("not in the snapshot", "")] if row["stub"] else []
    chips += [("in a circle", "")] if row["cycle"] else []
    if link and link["known"] in ("stated", "inferred"):
        chips.append((f"link {link['known']}", ""))
    further = [
        f"{rows[each['child']]['id']} ({palette.look(each['relation'] or 'unlabelled').one}, "
        f"said by {EVIDENCE.get(each['evidence'], each['evidence'])})"
        for each in also
    ]
    return {
        "depth": min(row["distance"], 12),
        "below": "",
        "linked": [{"href": href}] if href else [],
        "unlinked": not href,
        "account": name and name + "/",
        "name": title,
        "chips": [{"chip": text, "kind": kind} for text, kind in chips],
        "also": [{"further": "; ".join(further[:3]) + (f"; {len(further) - 3:,} more" if len(further) > 3 else "")}]
        if further
        else [],
        "letter": palette.look(made).letter if link else "",
        "key": f"relation-{made if made in palette.RELATIONS else 'unlabelled'}" if link else "relation-top",
        "how": palette.look(made).one if link else "the model itself",
        "evidence": EVIDENCE.get(link["evidence"], link["evidence"]) if link else "–",
        "licence": ", ".join(row["licences"] or ()) or "–",
        "differs": bool(link and link["conflict"]),
        "kind": account(row) if at else "–",
        "downloads": wording.exact(row["downloads"]),
        "created": f"{row['created_at']:%Y-%m-%d}" if row["created_at"] else "–",
        "no_evidence": "" if link else "none",
        "no_licence": "" if row["licences"] else "none",
        "no_date": "" if row["created_at"] else "none",
    }


def changes(rows: Rows, links: Rows) -> list[dict[str, str]]:
    """Where the licence changes: one sentence's parts a link."""
    return [
        {
            "model": rows[link["child"]]["id"],
            "mine": ", ".join(rows[link["child"]]["licences"]),
            "base": rows[link["base"]]["id"],
            "theirs": ", ".join(rows[link["base"]]["licences"]),
        }
        for link in links
        if link["conflict"]
    ]


def evidence(links: Rows) -> str:
    """How the links are known, in words that add up to all of them."""
    count = Counter(link["evidence"] for link in links)
    words = [f"{count[key]:,} by {word.replace('its ', 'a ')}" for key, word in EVIDENCE.items() if count[key]]
    dangling = sum(link["known"] == "dangling" for link in links)
    said = f"Of {wording.count(len(links), 'link')}: {', '.join(words)}."
    if dangling:
        said += f" {dangling:,} {'leads' if dangling == 1 else 'lead'} to a base that is not in the snapshot."
    return said
