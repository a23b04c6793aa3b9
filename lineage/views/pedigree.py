"""What a model goes back to → `Picture`: the model on the right, every base left of all that was made from it. Pure.

Columns go by the longest way from the model. Of many ancestors some are drawn by name and the others stand in one badge
for each column; of a very deep tower the middle columns are one badge. Nothing is dropped.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lineage.views import wording
from lineage.views.families.draw import BEND, LINES, SMALLEST
from lineage.views.pictures import net, palette
from lineage.views.pictures.picture import Fact, Link, Node, Picture

if TYPE_CHECKING:
    from lineage.answers.ancestors import Ancestors

#: So many columns from the model, and from the far end, are drawn each for itself.
NEAR, FAR = 8, 4
#: So many direct bases are always drawn by name.
DIRECT = 20
#: Radius of the largest sign; the least and greatest width of a column; the page.
LARGEST, NARROW, WIDE, PAGE = 20.0, 262.0, 384.0, 1180.0
#: The room that a model takes across, and one from which a line goes on between the two lines of its label.
_ALONE, _BUILT_ON = LINES + 3, 40.0
#: How a link is known, the surest first: several links that are drawn as one look like the surest.
_SURE = ("declared", "dangling", "stated", "inferred")


@dataclass(frozen=True, slots=True)
class Folded:
    """What is drawn. `column` int for each member, 0 for the model; `drawn`: the members that each thing stands for,
    the model's first; `band`: its column in the picture; `place` of each member in `drawn`."""

    column: list[int]
    drawn: list[list[int]]
    band: list[int]
    place: list[int]

    @property
    def named(self) -> int:
        """How many models are drawn by name."""
        return sum(len(members) == 1 for members in self.drawn)


def fold(found: "Ancestors", nodes: int = 60) -> Folded:
    """Which ancestors are drawn by name, about `nodes` of them, and which stand together in a badge."""
    count = found.members.num_rows
    links = list(zip(found.links["child"].to_pylist(), found.links["base"].to_pylist(), strict=True))
    column = net.columns(count, links)
    last = max(column)
    deep = last >= NEAR + FAR + 1
    bands = [
        at if not deep or at <= NEAR else NEAR + 1 if at <= last - FAR else NEAR + 2 + at - (last - FAR + 1)
        for at in column
    ]
    downloads = [amount or 0 for amount in found.members["downloads"].to_pylist()]
    distance = found.members["distance"].to_pylist()
    ranked = sorted(range(1, count), key=lambda at: (-downloads[at], at))
    direct = [at for at in ranked if distance[at] == 1][:DIRECT]
    middle = [deep and band == NEAR + 1 for band in bands]
    wanted = [at for at in dict.fromkeys([*direct, *ranked]) if not middle[at]]
    named = {0, *wanted[: nodes - 1]}
    left: dict[int, list[int]] = defaultdict(list)
    for at in range(count):
        if at not in named:
            left[bands[at]].append(at)
    things = [[at] for at in named] + list(left.values())
    # The model first, then column by column, a badge after the names, those of most downloads first.
    things.sort(key=lambda each: (bands[each[0]], len(each) > 1, -downloads[each[0]], each[0]))
    place = [0] * count
    for number, members in enumerate(things):
        for at in members:
            place[at] = number
    return Folded(column, things, [bands[each[0]] for each in things], place)


def draw(found: "Ancestors", folded: Folded, header: tuple[Fact, ...], drawn: str) -> Picture:
    """The picture of what is drawn; `header` and `drawn` are said above it."""
    rows = found.members.to_pylist()
    links = _links(found, folded)
    hangs = _hang(folded, links)
    last = max(folded.band)
    wide = round(min(WIDE, max(NARROW, PAGE / (last + 1))), 1)
    most = max((row["downloads"] or 0 for row in rows), default=0) or 1
    amounts = [sum(rows[at]["downloads"] or 0 for at in each) for each in folded.drawn]
    sizes = [round(min(LARGEST, max(SMALLEST, LARGEST * (amount / most) ** 0.5)), 1) for amount in amounts]
    bases = {link.base for link in links}
    room = [max(2 * sizes[i] + 6, _BUILT_ON if i in bases else _ALONE) for i in range(len(sizes))]
    ys = net.rows(folded.band, hangs, room, 2.0)
    made = tuple(
        _node(
            [rows[at] for at in each],
            [folded.column[at] for at in each],
            round(LARGEST + 4 + (last - folded.band[i]) * wide, 1),
            round(ys[i] + 2, 1),
            sizes[i],
            round(wide - sizes[i] - BEND - 10, 1),
            each[0],
        )
        for i, each in enumerate(folded.drawn)
    )
    return Picture(
        title=found.model,
        header=header,
        drawn=drawn,
        nodes=made,
        links=links,
        legends=(),
        marks=tuple(sorted({link.known for link in links} | {"badge" for each in folded.drawn if len(each) > 1})),
        notes=(),
        words=(),
        models=len(rows),
        downloads=0,
        width=round(max(node.x + node.size + 24 + node.room for node in made), 1),
        height=round(max(node.y + max(node.size, LINES / 2) for node in made) + 6, 1),
        bend=BEND,
        net=True,
        name="What this goes back to:",
    )


def _links(found: "Ancestors", folded: Folded) -> tuple[Link, ...]:
    """Each pair of drawn things that a link joins, once; links within a badge are not drawn."""
    between: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for link in found.links.to_pylist():
        child, base = folded.place[link["child"]], folded.place[link["base"]]
        if child != base:
            between[child, base].append(link)
    made = []
    for (child, base), links in sorted(between.items()):
        relations = {link["relation"] or "unlabelled" for link in links}
        known = {link["known"] for link in links}
        relation = min(relations) if len(relations) == 1 else "mixed"
        made.append(Link(child, base, relation, next(word for word in _SURE if word in known), False, 0.08))
    return tuple(made)


def _hang(folded: Folded, links: tuple[Link, ...]) -> list[int]:
    """What each drawn thing stands beside: of those made from it the one in the nearest column; -1 for the model."""
    hangs = [-1] * len(folded.drawn)
    for link in links:
        band = folded.band[link.child]
        if band < folded.band[link.base] and (hangs[link.base] < 0 or band > folded.band[hangs[link.base]]):
            hangs[link.base] = link.child
    return hangs


def _node(
    rows: list[dict[str, Any]], columns: list[int], x: float, y: float, size: float, room: float, number: int
) -> Node:
    """A model, or a badge for several. `number`: the row of the model in `members`, for a badge of its first."""
    listed = sum(row["listed"] for row in rows)
    known = [row["downloads"] for row in rows if row["downloads"] is not None]
    one = rows[0]
    if len(rows) > 1:
        steps = f"{min(columns)} to {max(columns)}" if len(set(columns)) > 1 else f"{columns[0]}"
        away = f"at most {steps} {'step' if columns[0] == 1 else 'steps'} away"
        return Node("branches", "", f"{len(rows):,} more models", "", "", "", (away,),
                    (Fact("Models", ", ".join(row["id"] for row in rows[:12]) + (" …" if len(rows) > 12 else "")),),
                    x, y, size, room, len(rows), listed, sum(known) if known else None, number)  # fmt: skip
    account, label = wording.split(one["id"])
    relation = (one["relation"] or "unlabelled") if one["bases"] else ""
    marks = ["not in the snapshot"] if one["stub"] else [licence(one) or "no licence"]
    return Node("model", one["id"], label, account, "intermediary" if one["listed"] else one["kind"], relation,
                tuple(marks), facts(one), x, y, size, room, 1, listed, one["downloads"], number)  # fmt: skip


def licence(row: dict[str, Any]) -> str:
    """The licences that a model declares, short; where the word alone says nothing with what it is a word for."""
    words = ", ".join(row["licences"] or ())
    words = words if len(words) <= 26 else words[:25] + "…"
    return f"licence {words}" if words.casefold() in ("other", "unknown") else words


def facts(row: dict[str, Any]) -> tuple[Fact, ...]:
    """What is said of a model when it is pointed at."""
    made = palette.look((row["relation"] or "unlabelled") if row["bases"] else "")
    found = [
        ("Made", made.one if row["bases"] else "nothing says from what"),
        ("Published by", f"{row['publisher'] or 'nobody named'} ({account(row)})"),
        ("Downloads", "unknown" if row["downloads"] is None else wording.exact(row["downloads"])),
        ("Licence", ", ".join(row["licences"] or ()) or "none declared"),
        ("Created", f"{row['created_at']:%Y-%m-%d}" if row["created_at"] else ""),
        ("Format", row["format"] or ""),
    ]
    return tuple(Fact(name, value) for name, value in found if value)


#: What an account is, seen from that of the model.
ACCOUNTS = {
    "own": "the same account",
    "owner": "the same owner",
    "intermediary": "listed intermediary",
    "other": "other",
}


def account(row: dict[str, Any]) -> str:
    """What the account of an ancestor is to that of the model, and whether it is on the list of intermediaries."""
    word = ACCOUNTS.get(row["kind"], row["kind"])
    return word + (", a listed intermediary" if row["listed"] and row["kind"] in ("own", "owner") else "")
