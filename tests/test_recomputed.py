"""Every cut of both samples asked again of the raw table, by a short query of its own: equal to the last digit.

`tests/recomputed/*.sql` know nothing of the program: only the table, the accounts and the names of libraries.
"""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from lineage import reference
from lineage.answers.cuts import CUTS
from lineage.session import Session
from lineage.sources.sample import SAMPLES

HERE = Path(__file__).parent / "recomputed"

#: What a frame is, in the words of the raw table.
FRAMES = {
    "all": "true",
    "with-lineage": "id IN (SELECT child FROM edge)",
    "gguf": "list_contains(tags, 'gguf')",
    "text-generation": "pipeline_tag = 'text-generation'",
}

#: Cuts that the raw table cannot be asked for in a few lines: trees and formats have slow twins of their own
#: (tests/test_answers.py, tests/test_weights.py), and without cards who packed a file is who hosts it.
OTHERS = {"origin", "family", "format"}


@pytest.fixture(params=["sample", "sample-gguf"])
def raw(request: pytest.FixtureRequest, sample: Session, sample_gguf: Session) -> tuple[Session, Any]:
    session = {"sample": sample, "sample-gguf": sample_gguf}[request.param]
    con = duckdb.connect()
    con.execute(f"CREATE VIEW raw AS SELECT * FROM read_parquet('{SAMPLES[request.param].path}')")
    con.execute((HERE / "edge.sql").read_text(encoding="utf-8"))
    con.execute(f"CREATE VIEW known_library AS SELECT lower(library) AS library FROM '{reference.DATA}/libraries.csv'")
    con.execute(
        f"CREATE VIEW account AS SELECT * FROM read_csv('{reference.DATA}/publishers.csv', all_varchar = true) "
        f"WHERE coalesce(\"from\", '') <= '{session.snapshot.taken_at[:10]}' "
        f"AND coalesce(until, '9999') >= '{session.snapshot.taken_at[:10]}'"
    )
    return session, con


def test_the_edges_are_those_of_the_tags(raw: tuple[Session, Any]) -> None:
    session, con = raw
    edges = session.snapshot.table("edges", ["child", "base", "relation", "basis"]).to_pylist()
    found = {(e["child"], e["base"].lower(), e["relation"]) for e in edges if e["basis"] == "declared"}
    told = con.execute("SELECT child, lower(base), min(relation) FROM edge GROUP BY 1, 2").fetchall()
    assert len(found) > 1_700
    assert found == set(told)


def test_every_cut_in_every_frame(raw: tuple[Session, Any]) -> None:
    session, con = raw
    asked = 0
    for frame, condition in FRAMES.items():
        if frame == "text-generation" and "pipeline_tag" not in session.snapshot.columns:
            continue
        con.execute(f"CREATE OR REPLACE VIEW inside AS SELECT * FROM raw WHERE {condition}")
        (total,) = con.execute("SELECT coalesce(sum(downloads), 0) FROM inside").fetchall()[0]
        for by in sorted(set(CUTS) - OTHERS):
            needs = CUTS[by][1]
            if needs and not set(needs) & session.snapshot.columns:
                continue
            query = (HERE / f"{'publisher' if by == 'produced_by' else by}.sql").read_text(encoding="utf-8")
            told = set(con.execute(query).fetchall())
            rows = session.table("shares", by=by, frame=frame).to_pylist()
            fold = by in ("publisher", "produced_by")  # accounts are compared without case
            found = {(r["key"].lower() if fold else r["key"], r["numerator"], r["models"]) for r in rows}
            assert found == told, (frame, by)
            assert {r["denominator"] for r in rows} == {total}
            asked += 1
    assert asked >= 24
