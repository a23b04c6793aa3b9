"""`lineage query --explain`: how an engine would go about a statement, as rows, and what of it is slow.

Nothing is run. The rules on what is slow are the same for both engines; each spells its operators in its own way.
"""

import contextlib
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from lineage.snapshot import Snapshot

_SCHEMA = pa.schema(
    [("step", pa.int64()), ("into", pa.int64()), ("operator", pa.string()), ("details", pa.string()),
     ("estimated_rows", pa.float64())]
)  # fmt: skip

#: The server's name for a product of parts that no link joins.
_PAIRED = "03N90"

#: Seconds that a plan may take.
_TIMEOUT = 30.0

#: What the embedded engine prints in a plan although nothing was run.
_UNMEASURED = re.compile(r"(NumOutputTuples|ExecutionTime|TotalTime): ")


@dataclass(frozen=True, slots=True)
class Step:
    """One operator of a plan, and the place of the one that takes its rows (None: it makes the answer)."""

    into: int | None
    operator: str
    details: str
    estimated: float | None
    number: str = ""
    """By which the embedded engine's other steps name it."""


def table(steps: list[Step]) -> pa.Table:
    """Rows of a plan, what is done last first.

    Columns: step (int64, from 1), into (int64: the step that takes its rows; null for the last), operator, details,
    estimated_rows (float64: the engine's guess; null where it makes none).
    """
    return pa.Table.from_pylist(
        [
            {"step": place + 1, "into": None if step.into is None else step.into + 1, "operator": step.operator,
             "details": step.details or None, "estimated_rows": step.estimated}
            for place, step in enumerate(steps)
        ],
        schema=_SCHEMA,
    )  # fmt: skip


def of_embedded(drawn: str) -> list[Step]:
    """The steps of a plan that the embedded engine has drawn as a tree of boxes.

    A box feeds the one above it, or the nearest to the left of that: branches stand to the right. A drawing that is
    none gives one step that holds it.
    """
    lines = drawn.splitlines()
    levels: list[dict[int, list[str]]] = []  # where boxes begin → what stands in them
    for number, line in enumerate(lines):
        starts = [found.start() for found in re.finditer("┌[─┴]+┐", line)]
        if not starts:
            continue
        ends = [line.index("┐", start) for start in starts]
        inside: dict[int, list[str]] = {start: [] for start in starts}
        for below in lines[number + 1 :]:
            if "└" in below:
                break
            for start, end in zip(starts, ends, strict=True):
                inside[start].append(below[start + 1 : end].strip(" │"))
        levels.append(inside)
    boxes = levels[2:]  # after the frame and the title
    steps: list[Step] = []
    above: dict[int, int] = {}
    for level in boxes:
        here = {}
        for start, texts in level.items():
            said = [text for text in texts if text.strip("-─┐") and not _UNMEASURED.match(text)]
            if not said:
                return [Step(None, "PLAN", drawn, None)]
            here[start] = len(steps)
            into = max((left for left in above if left <= start), default=None)
            name = said[0].partition("[")[0]
            steps.append(Step(None if into is None else above[into], name, "; ".join(said[1:]), None, said[0]))
        above = here
    return _in_order(steps) or [Step(None, "PLAN", drawn, None)]


def _in_order(steps: list[Step]) -> list[Step]:
    """The same steps, each before what feeds it, and one branch whole before the next."""
    feeds: dict[int | None, list[int]] = {}
    for place, step in enumerate(steps):
        feeds.setdefault(step.into, []).append(place)
    out: list[Step] = []
    waiting: list[tuple[int | None, int]] = [(None, place) for place in reversed(feeds.get(None, []))]
    while waiting:
        into, place = waiting.pop()
        waiting += [(len(out), each) for each in reversed(feeds.get(place, []))]
        out.append(replace(steps[place], into=into))
    return out


def of_server(plan: Mapping[str, Any]) -> list[Step]:
    """The steps of a plan as Neo4j's driver gives it."""
    steps: list[Step] = []
    waiting: list[tuple[int | None, Mapping[str, Any]]] = [(None, plan)]
    while waiting:
        into, each = waiting.pop()
        said = each.get("args", {})
        name = str(each["operatorType"]).partition("@")[0]
        steps.append(Step(into, name, str(said.get("Details", "")), said.get("EstimatedRows")))
        waiting += [(len(steps) - 1, child) for child in reversed(each.get("children", []))]
    return steps


def slow(steps: list[Step]) -> list[str]:
    """One sentence for each thing in a plan that is slow on a large graph, and what to write instead; A–Z."""
    found = set()
    # Of a scan behind a mask only those rows are read that the other branch has found.
    masked = " ".join(step.details for step in steps if step.operator == "SEMI_MASKER")
    for place, step in enumerate(steps):
        if step.number and step.number in masked:
            continue
        scans = step.operator in ("AllNodesScan", "PartitionedAllNodesScan") or (
            step.operator == "SCAN_NODE_TABLE" and len(_tables(step)) > 1
        )
        if scans:
            found.add("It passes all nodes of every label. Name the label, like (m:Model).")
        if step.operator in ("CartesianProduct", "CROSS_PRODUCT"):
            found.add(
                "It pairs every row of one part with every row of another, for no link joins them. "
                "Join them by a pattern, or ask for each on its own."
            )
        label = _filtered_by_id(steps, place)
        if label:
            found.add(
                f"It compares the id of every {label} in a way that no index serves. "
                f"Write (m:{label} {{id: $id}}), spelled exactly; for several UNWIND $ids AS i "
                f"MATCH (m:{label} {{id: i}})."
            )
    return sorted(found)


def _tables(step: Step) -> list[str]:
    """The labels that a scan of the embedded engine passes."""
    found = re.match(r"Tables: (.*?)(?:; \w+: |$)", step.details)
    return found[1].split("; ") if found else []


def _filtered_by_id(steps: list[Step], place: int) -> str | None:
    """The label of a scan whose rows the next step sifts by their id."""
    step = steps[place]
    if step.into is None or steps[step.into].operator not in ("Filter", "FILTER"):
        return None
    sifted = steps[step.into].details
    if step.operator == "SCAN_NODE_TABLE":
        alias = re.search(r"Alias: (\S+?)(?:;|$)", step.details)
        if not alias:
            return None
        own = rf"\b{re.escape(alias[1])}\."
        # `IN $ids` is shown without what it is asked of: the id, where nothing else is read.
        hidden = not re.search(own, sifted) and re.search(rf"Properties: {own}id$", step.details)
        return _tables(step)[0] if hidden or re.search(rf"{own}id\b", sifted) else None
    if step.operator in ("NodeByLabelScan", "PartitionedNodeByLabelScan"):
        scanned = re.match(r"`?(\w+)`?:`?(\w+)`?", step.details)
        return scanned[2] if scanned and re.search(rf"\b{re.escape(scanned[1])}\.id\b", sifted) else None
    return None


def explain(
    snapshot: Snapshot,
    root: Path,
    text: str,
    params: Mapping[str, Any],
    *,
    on: str | None = None,
    insecure: bool = False,
    say: Any = lambda text: None,
) -> pa.Table:
    """The plan of a statement, see `table`; `say` is told what of it is slow, and what else the server remarks.

    Raises as a query does: RefusedError for what is no read, UsageError for what cannot be run.
    """
    text = re.sub(r"^\s*(EXPLAIN|PROFILE)\b", "", text, flags=re.IGNORECASE)
    remarks: list[str] = []
    if on is None:
        from lineage.stores import embedded

        with contextlib.closing(embedded.Asker(snapshot, root, say)) as asker:
            steps = of_embedded(asker.explained(text, params, timeout=_TIMEOUT))
    else:
        from lineage.stores import neo4j

        there = neo4j.Asker(on, insecure=insecure, local_home=root / "neo4j", notifications="INFORMATION")
        with contextlib.closing(there), there.reading(text, params, _TIMEOUT) as asked:
            steps = of_server(asked.plan.plan or {"operatorType": "PLAN"})
            remarks = _remarks(asked.plan)
    for sentence in slow(steps) + sorted(set(filter(None, remarks))):
        say(sentence)
    return table(steps)


def _remarks(summary: Any) -> list[str]:
    """What the server remarks, but for what `slow` says in its own words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # drivers before 6 call this a preview
        found = [each for each in summary.gql_status_objects if each.is_notification]
    texts = [re.sub(r"\s+", " ", each.status_description).strip() for each in found if each.gql_status != _PAIRED]
    return [f"Neo4j: {text}" for text in texts]
