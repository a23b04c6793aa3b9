"""The sentences of `docs/intermediaries.md` that have numbers in them."""

from lineage.session import Session
from scripts.standing.tables import ACCOUNTS, MEASURES, largest, percent, ranked, served


def brokers(*sessions: Session) -> str:
    """How few of them carry how much."""
    said = []
    for session in sessions:
        value, _ = ranked(session, "flow_in")
        flows = sorted(value.values(), reverse=True)
        some = sum(1 for flow in flows if flow)
        said.append(
            f"In `{session.snapshot.name}` {some:,} accounts carry {sum(flows):,.0f} downloads of models made from "
            f"others'; the first {ACCOUNTS} carry {percent(sum(flows[:ACCOUNTS]), sum(flows))} of that, the "
            f"first three "
            f"{percent(sum(flows[:3]), sum(flows))}."
        )
    return "\n".join(said) + "\n"


def leaves(*sessions: Session) -> str:
    """How seldom anything is made from a quantization."""
    said = []
    for session in sessions:
        models = session.snapshot.table("models", ["relation", "children"]).to_pylist()
        quantized = [row["children"] for row in models if row["relation"] == "quantized"]
        leaves = sum(not children for children in quantized)
        said.append(
            f"In `{session.snapshot.name}` {percent(leaves, len(quantized))} of the quantized models ({leaves:,} of "
            f"{len(quantized):,}) have nothing made from them."
        )
    return "\n".join(said) + "\n"


def measures(*sessions: Session) -> str:
    """How many of the largest by flow are among the first by the other measures."""
    said = []
    for session in sessions:
        names = [row["publisher"] for row in largest(session)]
        found = []
        for metric, word in MEASURES.items():
            if metric != "flow_in":
                place = ranked(session, metric)[1]
                found.append(f"{word} {sum(place.get(n, ACCOUNTS + 1) <= ACCOUNTS for n in names)}")
        said.append(
            f"Of the {len(names)} first by flow in `{session.snapshot.name}`, so many are among the first "
            f"{ACCOUNTS} by: "
            f"{', '.join(found)}."
        )
    return "\n".join(said) + "\n"


def serving(*sessions: Session) -> str:
    """Who serves most of these models."""
    said = []
    for session in sessions:
        rows = served(session)
        through = sum(2 * row["intermediary"] > row["downloads"] for row in rows)
        few = sum(row["hhi"] is not None and row["hhi"] > 0.5 for row in rows)
        said.append(
            f"In `{session.snapshot.name}` {through} of these {len(rows)} models come mostly from listed "
            f"intermediaries, "
            f"and {few} have an HHI above 0.5."
        )
    return "\n".join(said) + "\n"


def rules(*sessions: Session) -> str:
    """How far apart the rules are."""
    said = []
    for session in sessions:
        shares = [row["share"] for row in session.table("intermediaries", frame="gguf").to_pylist()]
        whole = [row["share"] for row in session.table("intermediaries").to_pylist()]
        said.append(
            f"In `{session.snapshot.name}` the six rules say from {100 * min(whole):.2f} to "
            f"{100 * max(whole):.2f} % of all "
            f"downloads, and from {100 * min(shares):.2f} to {100 * max(shares):.2f} % of those of repositories "
            f"tagged gguf."
        )
    return "\n".join(said) + "\n"


def weights(session: Session) -> str:
    """How much the order changes."""
    first = {}
    for way in ("equal", "relation", "discounted"):
        rows = session.table("rank", metric="pagerank", weights=way).slice(0, 100).to_pylist()
        first[way] = {row["id"] for row in rows}
    return (
        f"Of the first hundred by equal weights, {len(first['equal'] & first['relation'])} are among the first "
        f"hundred by "
        f"relation, {len(first['equal'] & first['discounted'])} by discounted weights.\n"
    )
