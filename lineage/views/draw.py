"""A planted and folded family → `Picture`: places, labels, legends, sentences. Pure; no markup."""

from collections import defaultdict

from lineage.views import palette, wording
from lineage.views.fold import Drawn, Folded
from lineage.views.layout import tidy
from lineage.views.picture import Entry, Fact, Legend, Link, Node, Picture
from lineage.views.tree import FamilyLike, Tree

#: Radii of the largest and the smallest sign; the room of two lines of text, and of two with a line between.
LARGEST, SMALLEST, LINES, BUILT_ON = 26.0, 7.5, 31.0, 40.0
#: A page is about this wide; columns share it, within what a label needs and what a line can be read at.
PAGE, NARROW, WIDE = 1150.0, 228.0, 400.0
#: Where the base stands, and what the lines to a derivative's sign need to turn.
EDGE, BEND = LARGEST + 4, 40.0
#: Signs that a legend has to explain where they occur.
MARKS = ("intermediary", "badge", "merge", "inferred", "dangling")


def draw(family: FamilyLike, folded: Folded, header: tuple[Fact, ...]) -> Picture:
    """The picture of a folded family. `header` holds the facts that go above it."""
    tree = folded.tree
    deep = [0] * len(folded.drawn)
    built_on = [False] * len(folded.drawn)
    for place, one in enumerate(folded.drawn[1:], 1):
        deep[place] = deep[one.parent] + 1
        built_on[one.parent] = True
    # The base stands above all others and not in a column of its own, which would stay empty below it.
    first = round(EDGE + BEND, 1)
    column = min(max(NARROW, (PAGE - first) / max(1, *deep)), WIDE)
    xs = [EDGE if not depth else round(first + (depth - 1) * column, 1) for depth in deep]
    most = max(one.downloads for one in folded.drawn) or 1
    sizes = [round(max(SMALLEST, LARGEST * (one.downloads / most) ** 0.5), 1) for one in folded.drawn]
    places = tidy(
        [one.parent for one in folded.drawn],
        [max(2 * size + 6, BUILT_ON if on else LINES) for size, on in zip(sizes, built_on, strict=True)],
        gap=2.0,
        lean=0.0,
    )
    down = max(sizes[0], LINES / 2) + LINES / 2
    ys = [place + (down if index else 0.0) for index, place in enumerate(places)]
    right = EDGE + PAGE if max(deep) == 0 else first + max(deep) * column
    rooms = [
        (xs[index] + column - BEND if built_on[index] or deep[index] < max(deep) else right) - xs[index] - sizes[index] - 10
        for index in range(len(xs))
    ]
    rooms[0] = PAGE - 2 * EDGE
    nodes = tuple(
        _node(tree, folded, one, sizes[index], xs[index], round(ys[index], 1), round(rooms[index], 1))
        for index, one in enumerate(folded.drawn)
    )
    legends = (_relations(tree), _hosts(tree))
    links = _links(family, folded)
    bottom = max(node.y + max(node.size, LINES / 2) for node in nodes)
    return Picture(
        title=family.model,
        header=header,
        drawn=_drawn(folded),
        nodes=nodes,
        links=links,
        legends=legends,
        marks=_marks(nodes, links),
        notes=(*family.notes, *_notes(tree)),
        words=_words(folded, legends),
        models=len(tree),
        downloads=tree.downloads[0],
        width=round(right + 14, 1),
        height=round(bottom + 2, 1),
        bend=BEND,
    )


def _node(tree: Tree, folded: Folded, one: Drawn, size: float, x: float, y: float, room: float) -> Node:
    row = one.heads[0]
    downloads: int | None
    if one.kind == "model":
        get = {name: values[row] for name, values in tree.columns.items()}
        marks = [f"{get['bases']} bases"] if get["bases"] > 1 else []
        marks += ["not in the snapshot"] if get["stub"] else []
        marks += ["in a cycle"] if get["cycle"] else []
        account, label = wording.split(get["id"])
        if not row:
            account, label = "", get["id"]
        id, host, facts, downloads = get["id"], get["kind"], _facts(tree, row), get["downloads"]
    else:
        rows = folded.rows(one)
        listed = sum(1 for each in rows if tree.columns["kind"][each] == "intermediary")
        look = palette.look(one.relation)
        heads = len(one.heads)
        if one.kind == "leaves":
            label = wording.count(heads, look.one, look.many)
        else:
            label = wording.count(heads, "smaller branch", "smaller branches")
        marks = [wording.count(one.models, "model")] if one.kind == "branches" else []
        marks += [f"{listed:,} by intermediaries"] if listed else []
        account = id = host = ""
        downloads = one.downloads
        row = tree.parent[row]
        facts = (
            Fact("Models", wording.exact(one.models)),
            Fact("Downloads", wording.exact(one.downloads)),
            Fact("By listed intermediaries", wording.exact(listed)),
            Fact("Made from", tree.columns["id"][row]),
        )
    return Node(
        one.kind, id, label, account, host, one.relation, tuple(marks), facts, x, y, size, room, one.models,
        downloads, row,
    )  # fmt: skip


def _facts(tree: Tree, row: int) -> tuple[Fact, ...]:
    """What hovering over a model says."""
    get = {name: values[row] for name, values in tree.columns.items()}
    facts = [
        Fact("Published by", f"{get['publisher'] or 'nobody named'} ({palette.host(get['kind']).word})"),
        Fact("Downloads", "unknown" if get["downloads"] is None else wording.exact(get["downloads"])),
        Fact("With everything derived", wording.exact(get["full"])),
        Fact("Models derived", wording.exact(get["descendants"])),
    ]
    if row:
        base = tree.columns["id"][tree.parent[row]]
        facts.insert(0, Fact("Made", f"{palette.look(tree.relation[row]).one} of {base} ({tree.link[row]})"))
    if get["licences"]:
        facts.append(Fact("Licence", ", ".join(get["licences"])))
    return tuple(facts)


def _links(family: FamilyLike, folded: Folded) -> tuple[Link, ...]:
    tree, total = folded.tree, folded.tree.downloads[0]
    made, drawn = [], {}
    for place, one in enumerate(folded.drawn):
        if one.kind == "model":
            drawn[tree.columns["id"][one.heads[0]]] = place
        if place:
            branch = tree.downloads[one.heads[0]] if one.kind == "model" else one.downloads
            known = {tree.link[head] for head in one.heads}
            made.append(
                Link(
                    place, one.parent, one.relation,
                    next(word for word in ("declared", "dangling", "inferred") if word in known), True,
                    round(branch / total, 4) if total else 0.0,
                )
            )  # fmt: skip
    pairs = {(link.child, link.base) for link in made}
    names = ("child", "base", "relation")
    for child, base, relation in zip(*(family.links[name].to_pylist() for name in names), strict=True):
        pair = (drawn.get(child, 0), drawn.get(base, 0))
        if child in drawn and base in drawn and pair[0] and pair not in pairs:
            pairs.add(pair)
            made.append(Link(*pair, relation or "unlabelled", "declared", False, 0.0))
    return tuple(sorted(made, key=lambda link: (not link.first, link.child, link.base)))


def _relations(tree: Tree) -> Legend:
    models: dict[str, int] = defaultdict(int)
    downloads: dict[str, int] = defaultdict(int)
    for relation, amount in zip(tree.relation, tree.columns["downloads"], strict=True):
        key = relation if relation in palette.RELATIONS else "unlabelled"
        models[key] += 1
        downloads[key] += amount or 0
    entries = tuple(
        Entry(key, look.many, look.about, models[key], downloads[key])
        for key, look in palette.RELATIONS.items()
        if key in models
    )
    return Legend("relation", "How they were made", entries)


def _hosts(tree: Tree) -> Legend:
    models: dict[str, int] = dict.fromkeys(palette.HOSTS, 0)
    downloads: dict[str, int] = dict.fromkeys(palette.HOSTS, 0)
    accounts: dict[str, set[str]] = {kind: set() for kind in palette.HOSTS}
    names = ("kind", "downloads", "publisher")
    for kind, amount, account in zip(*(tree.columns[name] for name in names), strict=True):
        key = kind if kind in models else "other"
        models[key] += 1
        downloads[key] += amount or 0
        accounts[key].add((account or "").lower())
    entries = tuple(
        Entry(key, host.many, wording.count(len(accounts[key]), "account"), models[key], downloads[key])
        for key, host in palette.HOSTS.items()
    )
    return Legend("host", "Who hosts them", entries)


def _marks(nodes: tuple[Node, ...], links: tuple[Link, ...]) -> tuple[str, ...]:
    """The signs that occur, in the order in which the legend explains them."""
    found = {
        "intermediary": any(node.host == "intermediary" for node in nodes),
        "badge": any(node.kind != "model" for node in nodes),
        "merge": any(mark.endswith(" bases") for node in nodes for mark in node.marks),
        "inferred": any(link.known == "inferred" for link in links),
        "dangling": any(link.known == "dangling" for link in links),
    }
    return tuple(word for word in MARKS if found[word])


def _drawn(folded: Folded) -> str:
    whole = len(folded.tree)
    if folded.named == whole:
        return f"Drawn: all {wording.count(whole, 'model')}; nothing dropped."
    percent = folded.floor * 100
    digits = 1
    while percent and round(percent, digits) == 0 and digits < 12:
        digits += 1
    # cut, not rounded: a branch that is said to be drawn must be
    cut = percent.numerator * 10**digits // percent.denominator
    least = f"{cut // 10**digits}.{cut % 10**digits:0{digits}d}\u00a0%"
    which = f"every branch that holds at least {least} of the family’s downloads or of its derived models"
    which = which if folded.named > 1 else "the base"
    return (
        f"Drawn by name: {folded.named:,} of {wording.count(whole, 'model')} ({which}). "
        f"The other {whole - folded.named:,} are folded into {folded_badges(folded)}; nothing dropped."
    )


def folded_badges(folded: Folded) -> str:
    """How many badges there are, in words."""
    return wording.count(len(folded.drawn) - folded.named, "badge")


def _notes(tree: Tree) -> tuple[str, ...]:
    notes = []
    merges = sum(1 for bases in tree.columns["bases"] if bases > 1)
    unknown = sum(1 for amount in tree.columns["downloads"] if amount is None)
    if merges:
        notes.append(
            f"{wording.count(merges, 'model has', 'models have')} more than one base. Each stands under its first base only, "
            "is marked, and counts once in every total."
        )
    if unknown:
        notes.append(f"The downloads of {wording.count(unknown, 'model are', 'models are')} unknown and count as 0.")
    if tree.moved:
        notes.append(
            f"{wording.count(tree.moved, 'model names', 'models name')} a first base that leads in a circle "
            "and stands under another of its bases."
        )
    return tuple(notes)


def _words(folded: Folded, legends: tuple[Legend, ...]) -> tuple[str, ...]:
    """The picture in sentences."""
    tree = folded.tree
    words = []
    for legend in legends:
        parts = [
            f"{entry.word} {wording.count(entry.models, 'model')} with {wording.count(entry.downloads, 'download')}"
            for entry in legend.entries
            if entry.models
        ]
        words.append(f"{legend.title}: " + "; ".join(parts) + ".")
    for place, one in enumerate(folded.drawn):
        below = [each for each in folded.drawn if each.parent == place]
        if below:
            words.append(f"From {tree.columns['id'][one.heads[0]]}: " + "; ".join(_item(tree, each) for each in below) + ".")
    return tuple(words)


def _item(tree: Tree, one: Drawn) -> str:
    amount = wording.count(one.downloads, "download")
    if one.kind == "leaves":
        look = palette.look(one.relation)
        return f"{wording.count(one.models, look.one, look.many)} ({amount})"
    if one.kind == "branches":
        return f"{wording.count(len(one.heads), 'smaller branch', 'smaller branches')} ({wording.count(one.models, 'model')}, {amount})"
    host = tree.columns["kind"][one.heads[0]]
    listed = ", intermediary" if host == "intermediary" else ""
    return f"{tree.columns['id'][one.heads[0]]} ({palette.look(one.relation).one}{listed}, {amount})"
