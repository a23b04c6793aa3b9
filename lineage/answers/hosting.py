"""What a page says of an account: its rows, its rules, its repositories, what flows through it, who serves its own."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import reference
from lineage.answers.cuts import NONE, UNKNOWN
from lineage.answers.frames import Selection
from lineage.answers.owners import hosted, hosts, owners_among
from lineage.answers.pairs import coded, left_over, lists, sums
from lineage.answers.publisher import divided, publisher
from lineage.answers.publisher_facts import counted_by, remarks
from lineage.chosen import chosen
from lineage.metrics.graph import Ints


@dataclass(frozen=True)
class Hosting:
    """The account `name`, as the table `publishers` spells it.

    `rows`: the answer `publisher`, all of it. `rules`: what R1–R6 count of it (`publisher_facts.counted_by`). `said`:
    who it is, in sentences. `type`, `countries`, `group` as the snapshot has them (null: unknown), `fellows`: the other
    accounts of its group, A–Z; `listed`: whether it is on the list strict. `repositories`: id, downloads, relation
    (null: unlabelled or no base), base (the first; null), bases, format, licences, created_at, descendants; largest
    downloads first, ties A–Z. `through`: downloads by base_publisher (`(none)` without a known base, `(unknown)` for
    ids without an account), kind (own, other, none), relation, format; a repository with several bases is divided
    over them as in `rows`, so both add up to the same total. `others`: accounts that host a direct derivative of one of
    its models: publisher, kind (owner, intermediary, other), downloads, models, quantized (downloads of those made by
    `quantized` or `copy`), relations; each repository once; largest first, ties A–Z. `downloads`, `models`: of
    all the snapshot.
    """

    name: str
    taken_at: str
    snapshot: str
    source: str
    basis: str
    window: str
    rows: pa.Table
    rules: list[dict[str, Any]]
    said: list[str]
    type: str | None
    countries: list[str]
    group: str | None
    fellows: list[str]
    listed: bool
    repositories: pa.Table
    through: pa.Table
    others: pa.Table
    downloads: int
    models: int


#: The columns of `models` that a list of repositories shows.
_SHOWN = ("id", "relation", "base", "bases", "format", "licences", "created_at", "descendants", "stub")


def hosting(selection: Selection, account: str, owner: str = "group") -> Hosting:
    """All about `account`, spelled as in the table `publishers`. Raises UsageError for an `owner` that there is not."""
    snapshot = selection.snapshot
    its = hosted(snapshot, account)
    mine = np.flatnonzero(its & selection.inside)
    publishers = snapshot.table("publishers", ["publisher", "type", "countries", "owner_group"])
    (who,) = publishers.filter(pc.equal(publishers.column("publisher"), account)).to_pylist()
    group = who["owner_group"]
    same = publishers.filter(pc.equal(publishers.column("owner_group"), group)).column("publisher").to_pylist()
    return Hosting(
        name=account,
        taken_at=snapshot.taken_at,
        snapshot=snapshot.name,
        source=str(snapshot.manifest["source"]["name"]),
        basis=selection.basis,
        window=selection.window,
        rows=publisher(selection, account, owner),
        rules=counted_by(selection, account, owner),
        said=remarks(selection, account, owner),
        type=who["type"],
        countries=who["countries"] or [],
        group=group,
        fellows=sorted(name for name in same if name != account) if group else [],
        listed=account.casefold() in map(str.casefold, reference.intermediaries()),
        repositories=_repositories(selection, mine),
        through=_through(selection, mine, owner),
        others=_others(selection, np.flatnonzero(its), owner),
        downloads=selection.denominator,
        models=int(np.count_nonzero(selection.inside)),
    )


def _repositories(selection: Selection, mine: Ints) -> pa.Table:
    """The account's repositories, by downloads."""
    rows = mine[np.argsort(-selection.value[mine], kind="stable")]  # models are A–Z
    table = selection.lineage.models_at([*_SHOWN], rows)
    labels = table.column("relation")
    labels = pc.if_else(pc.equal(labels, "unlabelled").fill_null(False), pa.scalar(None, pa.string()), labels)
    table = table.set_column(_SHOWN.index("relation"), "relation", labels).drop_columns(["stub"])
    return table.add_column(1, "downloads", pa.array(selection.value[rows], pa.int64()))


def _through(selection: Selection, mine: Ints, owner: str) -> pa.Table:
    """What the account's downloads stand on, and in which format they are had."""
    snapshot = selection.snapshot
    edge, child, base, counted = divided(selection, mine)
    alone = left_over(mine, child)
    whose = chosen(snapshot, "models", ["publisher"], base).column("publisher")
    owners = owners_among(snapshot, np.r_[base, mine[:1]].astype(np.int64), owner)
    own = pc.if_else(pa.array(owners[:-1] == owners[-1:]), "own", "other")
    without = pa.array(np.zeros(len(alone), bool))
    parts = pa.table(
        {
            "base_publisher": pa.chunked_array(
                [
                    *whose.fill_null(UNKNOWN).chunks,
                    pc.if_else(without, "", NONE),
                ],
                pa.string(),
            ),
            "kind": pa.chunked_array([own, pc.if_else(without, "", "none")], pa.string()),
            "relation": pa.chunked_array(
                [
                    *selection.lineage.edges(["relation"]).column("relation").take(pa.array(edge)).chunks,
                    pa.nulls(len(alone), pa.string()),
                ],
                pa.string(),
            ),
            "format": chosen(snapshot, "models", ["format"], np.r_[child, alone].astype(np.int64)).column("format"),
            "downloads": pa.array(np.r_[counted, selection.value[alone]].astype(np.int64)),
        }
    )
    keys = ["base_publisher", "kind", "relation", "format"]
    found = parts.group_by(keys).aggregate([("downloads", "sum")]).rename_columns([*keys, "downloads"])
    return found.sort_by([("downloads", "descending"), *((key, "ascending") for key in keys)])


def _others(selection: Selection, its: Ints, owner: str) -> pa.Table:
    """Accounts that host what was made from the account's models; a repository counts once, whatever its bases are."""
    snapshot = selection.snapshot
    edges = selection.lineage.edges(["child_row", "base_row", "relation"])
    inner = np.zeros(len(selection.inside), bool)
    inner[its] = True
    child, base = (edges.column(name).to_numpy().astype(np.int64) for name in ("child_row", "base_row"))
    asked = np.flatnonzero(inner[base] & ~inner[child] & selection.inside[child])
    rows, at = np.unique(child[asked], return_inverse=True)
    place, names = hosts(snapshot, rows)
    owners = owners_among(snapshot, np.r_[rows, its[:1]].astype(np.int64), owner)
    listed = {name.casefold() for name in reference.intermediaries()}
    house = np.zeros(len(names), bool)
    house[place[owners[:-1] == owners[-1]]] = True
    label = edges.column("relation").take(pa.array(asked))
    code, words = coded(label, UNKNOWN)
    re_packed = np.zeros(len(rows), bool)
    re_packed[at[pc.is_in(label, value_set=pa.array(["quantized", "copy"])).to_numpy()]] = True
    value = selection.value[rows]
    table = pa.table(
        {
            "publisher": pa.array([UNKNOWN if name is None else name for name in names], pa.string()),
            "kind": pa.array(
                [
                    "owner" if home else "intermediary" if (name or "").casefold() in listed else "other"
                    for home, name in zip(house.tolist(), names, strict=True)
                ],
                pa.string(),
            ),
            "downloads": sums(place, value, len(names)),
            "models": np.bincount(place, minlength=len(names)).astype(np.int64),
            "quantized": sums(place[re_packed], value[re_packed], len(names)),
            "relations": lists(place[at], code, len(names), words),
        }
    )
    return table.take(pa.array(np.argsort(-table.column("downloads").to_numpy(), kind="stable")))
