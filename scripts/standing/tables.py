"""The tables of `docs/intermediaries.md`: rows of the program's answers, in Markdown."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from lineage.session import Session

#: How many accounts, families and models a table lists.
ACCOUNTS, FAMILIES, SERVED = 12, 8, 8

#: A family is large from so many derived models on.
LARGE = 10

#: Measures of the publisher graph, and what the head of a column calls them.
MEASURES = {
    "flow_in": "flow in",
    "in_degree": "in-degree",
    "pagerank": "PageRank",
    "reach": "reach",
    "betweenness": "betweenness",
    "brokerage": "brokerage",
}

KINDS = {
    "own": "same account",
    "owner": "same owner",
    "intermediary": "listed intermediaries",
    "other": "everyone else",
}

Row = dict[str, Any]


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; the first column is text, the others numbers, unless their head ends in a blank."""
    lines = ["| " + " | ".join(h.strip() for h in heads) + " |"]
    lines.append("|" + "|".join("---" if i == 0 or h.endswith(" ") else "---:" for i, h in enumerate(heads)) + "|")
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def percent(part: int | float, whole: int | float = 1) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def ranked(session: Session, metric: str) -> tuple[dict[str, float], dict[str, int]]:
    """(value, place) of the accounts that an edge touches: places from 1, equal values share the best one.

    The least value, 0 or the rank of those that nobody builds on, has no place.
    """
    found = session.table("rank", on="publishers", metric=metric).to_pylist()
    value = {row["publisher"]: row[metric] for row in found if row[metric] is not None}
    first: dict[float, int] = {}
    for place, row in enumerate(found, 1):
        first.setdefault(row[metric], place)
    least = min(value.values(), default=0)
    return value, {name: first[each] for name, each in value.items() if each > least}


def largest(session: Session) -> list[Row]:
    """The accounts through which most downloads of others' models flow, with whose models these are.

    publisher, flow_in, bases and relations: [(base publisher, or relation, downloads)], largest first; a repository is
    divided over its bases.
    """
    value, _ = ranked(session, "flow_in")
    names = sorted(value, key=lambda name: (-value[name], name))[:ACCOUNTS]
    whose: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    how: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in session.table("flows").to_pylist():
        if row["server"] in names and row["base_publisher"] not in (row["server"], "(none)"):
            whose[row["server"]][row["base_publisher"]] += row["downloads"]
            how[row["server"]][row["key"]] += row["downloads"]

    def first(sums: dict[str, int]) -> list[tuple[str, int]]:
        return sorted(sums.items(), key=lambda item: (-item[1], item[0]))

    return [
        {"publisher": name, "flow_in": value[name], "bases": first(whose[name]), "relations": first(how[name])}
        for name in names
    ]


def brokers(session: Session) -> str:
    """Who stands between whose models and their users."""
    from lineage import reference

    listed = {name.casefold() for name in reference.intermediaries("strict")}
    total = session.snapshot.table("models", ["downloads"]).column("downloads").to_numpy(zero_copy_only=False)
    whole = int(sum(int(v) for v in total if v == v))
    rows = []
    for row in largest(session):
        through = sum(d for _, d in row["bases"]) or 1
        whose = ", ".join(f"{name} {percent(d, through)}" for name, d in row["bases"][:3])
        made = ", ".join(f"{key} {percent(d, through)}" for key, d in row["relations"][:2])
        mark = "yes" if row["publisher"].casefold() in listed else "no"
        flow = (f"{row['flow_in']:,}", percent(row["flow_in"], whole))
        rows.append((row["publisher"], mark, *flow, made, len(row["bases"]), whose))
    heads = ("account", "on the list ", "downloads of others' models", "of all", "made as ", "makers")
    return table((*heads, "whose, largest three "), rows)


def measures(session: Session) -> str:
    """The same accounts by each measure: their places."""
    names = [row["publisher"] for row in largest(session)]
    places = {metric: ranked(session, metric) for metric in MEASURES}
    touched = len(places["in_degree"][0])
    rows = []
    for name in names:
        cells = []
        for metric in MEASURES:
            place = places[metric][1].get(name)
            cells.append(f"{place:,}" if place else "–")
        rows.append((name, *cells))
    said = f"Places among {touched:,} accounts that an edge touches; – where nobody has less.\n\n"
    return said + table(("account", *MEASURES.values()), rows)


def roles(session: Session) -> str:
    """The accounts that broker most, by role."""
    from lineage.metrics.brokerage import ROLES

    found = session.table("rank", on="publishers", metric="brokerage").slice(0, 8).to_pylist()
    columns = ("brokerage", *ROLES)
    rows = [(row["publisher"], *(f"{row[c]:,}" for c in columns)) for row in found if row["brokerage"]]
    return table(("account", *columns), rows)


def families(session: Session) -> str:
    """How concentrated the hosting of the largest families is."""
    found = session.table("rollup").to_pylist()
    stubs = session.snapshot.table("models", ["id", "generation", "publisher"]).to_pylist()
    root = {row["id"]: row["publisher"] for row in stubs if row["generation"] == 0}
    roots = [row for row in found if row["id"] in root and row["descendants"] >= LARGE]
    rows = []
    for row in sorted(roots, key=lambda row: (-row["full"], row["id"]))[:FAMILIES]:
        hosts = session.table("rollup", models=[row["id"]], split_by="publisher").to_pylist()
        kinds = {r["key"]: r["downloads"] for r in
                 session.table("rollup", models=[row["id"]], split_by="intermediary").to_pylist()}  # fmt: skip
        whole = row["full"]
        own, others = kinds.get("own", 0), kinds.get("(others)", 0) + kinds.get("(unknown)", 0)
        hhi = sum(r["downloads"] ** 2 for r in hosts) / whole**2 if whole else 0
        top = max(hosts, key=lambda r: (r["downloads"], r["key"]))
        rows.append((row["id"], f"{whole:,}", f"{row['descendants']:,}", len(hosts), f"{hhi:.3f}", percent(own, whole),
                     percent(whole - own - others, whole), percent(others, whole),
                     f"{top['key']} {percent(top['downloads'], whole)}"))  # fmt: skip
    return table(
        ("root", "downloads of the family", "derived", "hosts", "HHI", "owner", "intermediaries", "others",
         "largest host "), rows,
    )  # fmt: skip


def served(session: Session, most: int = SERVED) -> list[Row]:
    """The models of whose part most is downloaded from elsewhere than their own repository: id, downloads, servers,
    hhi, and a sum for each kind."""
    import numpy as np

    from lineage.answers.part import part_edges, totals

    asked = session.select()
    tops = np.unique(part_edges(asked.lineage).column("base_row").to_numpy()).astype(np.int64)
    beside = totals(asked.lineage, tops, [asked.value])[0] - asked.value[tops]
    ids = session.snapshot.table("models", ["id"]).column("id")
    rows = []
    for place in np.lexsort((tops, -beside))[:most].tolist():
        model = ids[int(tops[place])].as_py()
        *hosts, total = session.table("servers", model=model).to_pylist()
        sums = dict.fromkeys(KINDS, 0)
        for host in hosts:
            sums[host["kind"] or "other"] += host["downloads"]
        rows.append({"id": model, **{k: total[k] for k in ("downloads", "servers", "hhi")}, **sums})
    return rows


def serving(session: Session) -> str:
    """Who serves them, as a table."""
    rows = [
        (
            r["id"],
            f"{r['downloads']:,}",
            r["servers"],
            f"{r['hhi']:.3f}",
            *(percent(r[k], r["downloads"]) for k in KINDS),
        )
        for r in served(session)
    ]
    return table(("model", "downloads", "servers", "HHI", *KINDS.values()), rows)


def rules(session: Session) -> str:
    """What share intermediaries have when one thing of the rule is changed."""
    frames = [f for f in ("all", "text-generation", "gguf")
              if f != "text-generation" or "pipeline_tag" in session.snapshot.columns]  # fmt: skip
    asked: list[tuple[str, Row]] = [
        ("R1, list strict", {"rule": "R1"}),
        ("R1, list all", {"rule": "R1", "list": "all"}),
        ("R1, list ten-accounts-2024", {"rule": "R1", "list": "ten-accounts-2024"}),
        ("R2, threshold 0.5", {"rule": "R2", "threshold": 0.5}),
        ("R2, threshold 0.8", {"rule": "R2", "threshold": 0.8}),
        ("R2, threshold 0.95", {"rule": "R2", "threshold": 0.95}),
        ("R3, threshold 0.8", {"rule": "R3"}),
        ("R4", {"rule": "R4"}),
        ("R4, owner is the account", {"rule": "R4", "owner": "account"}),
        ("R4, basis inferred", {"rule": "R4", "basis": "inferred"}),
        ("R5", {"rule": "R5"}),
        ("R6", {"rule": "R6"}),
    ]
    rows = []
    for words, options in asked:
        cells = []
        for frame in frames:
            (row,) = session.table("intermediaries", frame=frame, **options).to_pylist()
            cells.append(f"{100 * row['share']:.2f} %")
        rows.append((words, *cells))
    return table(("rule", *frames), rows)


def weights(session: Session) -> str:
    """The ten models of greatest PageRank by each way of weighing."""
    columns = {}
    for way in ("equal", "relation", "discounted"):
        rows = session.table("rank", metric="pagerank", weights=way).slice(0, 10).to_pylist()
        columns[way] = [row["id"] for row in rows]
    return table(("place", *(f"{way} " for way in columns)),
                 [(place, *ids) for place, ids in enumerate(zip(*columns.values(), strict=True), 1)])  # fmt: skip
