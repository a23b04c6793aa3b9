"""`rows` become claims: who is said to have been made from what, where, and in which words."""

from typing import TYPE_CHECKING

from lineage.reading.rows import run

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def read_claims(con: "DuckDBPyConnection") -> int:
    """Make the table `claim` from `rows` and `text_claim`; returns the number of claims.

    `claim`: child, base_as_written, relation_as_written (null: none stated), evidence (`hub`, `tag`,
    `card`, `config`, `tag-author`, `text`), rule (a card's lesser field, `edge-list`, or the rule that
    found a phrase; else null), position (place in the card's or the Hub's list, from 0; null where there
    is no order), wrong_type (the field holds a number, a list in a list, …), field_place (0 for
    `base_model`, more for the fields that other programs write), base_key (the Hub's `_id` of the base).
    """
    run(con, "claims")
    return int(con.execute("SELECT count(*) FROM claim").fetchall()[0][0])
