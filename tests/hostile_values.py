"""Values that a Cypher written with care must take for text: a corpus of the classic shapes, drawn the same each time.

`values(n)` mixes what ends a string or a name, what opens a comment, what would be a clause, escapes, blanks and
signs of other scripts, parameters by name, and length. No two are equal; each ends in its number.
"""

import itertools
import random

#: What ends a text, a name, a map, a pattern or a statement, in every spelling that a parser may undo.
ENDS = (
    "'", '"', "`", "``", "\\'", '\\"', "\\`", "\\\\'", "''", "'})", "\"})", "`)", "`})", "']", ")", "}", "]", ";",
    "\\u0027", "\\u0022", "\\u0060", "\\u0060)", "\\U00000027", "\\u005c\\u0027", "\\u0027})", "%27", "%60", "&#39;",
    "\u2019", "\u2018", "\u201c", "\uff07", "\u02bc", "\uff40", "\u0000", "\n", "\r\n", "\t", "\b", "\\", "\\\\", "$", "{{", "${",
)  # fmt: skip

#: What would be done if a parser read on.
CLAUSES = (
    "DETACH DELETE n", "MATCH (n) DETACH DELETE n", "MATCH (n:Canary) SET n.kept = 0", "CREATE (:Injected {id: 1})",
    "MERGE (:Injected)", "SET n:Injected", "SET n.injected = 1", "REMOVE n.kept", "CALL db.createLabel('Injected')",
    "CALL db.createProperty('injected')", "CALL dbms.killQuery('1')", "CALL { CREATE (:Injected) }",
    "LOAD CSV FROM 'file:///etc/passwd' AS row CREATE (:Injected {row: row})",
    "LOAD CSV FROM 'http://127.0.0.1:1/' AS row RETURN row", "UNION MATCH (n) DETACH DELETE n RETURN 1 AS id",
    "RETURN 1 UNION ALL MATCH (n:Canary) RETURN n.id", "WITH 1 AS x CREATE (:Injected)", "FOREACH (x IN [1] | CREATE (:Injected))",
    "DROP CONSTRAINT model_id", "CREATE INDEX injected FOR (n:Canary) ON (n.id)", "CREATE USER injected SET PASSWORD 'injected12'",
    "OR 1 = 1", "OR true RETURN n", "COPY Model FROM 'x'", "COPY (MATCH (n) RETURN n) TO '/tmp/injected.csv'",
    "DROP TABLE Model", "ATTACH 'x' AS y", "INSTALL httpfs", "EXPORT DATABASE '/tmp/injected'", "USE system",
    ":param id => 1", "PROFILE CREATE (:Injected)", "}) CREATE (:Injected)-[:INJECTED]->(:Injected) //",
)  # fmt: skip

#: What would hide the rest of a statement.
COMMENTS = ("//", "/*", "*/", "--", "#", "/**/", "// \n", "/* */ //", "")

#: Text that looks like a parameter, a value, or nothing, and text that only looks odd.
ALONE = (
    "$id", "$limit", "${id}", "{id}", "$`id`", "$$", "$0", "null", "true", "1", "1.5", "-1", "[]", "{}", "[1, 2]", "NaN", "''",
    '""', "datetime()", "n.id", "id", "Model", "DERIVED_FROM", "\u202egnp.exe", "\u200b", "\ufeffid", "\u2028", "\u0301",
    "e\u0301", "\u00e9", "\U0001f600", "\U000e0001", "\ufffd", "\uffff", "İ", "ß", "../../etc/passwd", "file:///etc/passwd",
    "=1+1", "<script>alert(1)</script>", "%s%n", "{0}", "a" * 3000, "é" * 1500, "(" * 900, "`" * 700, "'" * 701,
)  # fmt: skip


def values(n: int, seed: int = 7) -> list[str]:
    """`n` of them, always the same for a seed."""
    chance = random.Random(seed)
    alone = itertools.cycle(chance.sample(ALONE, len(ALONE)))
    shapes = [
        lambda: f"x{chance.choice(ENDS)} {chance.choice(CLAUSES)} {chance.choice(COMMENTS)}",
        lambda: f"{chance.choice(ENDS)}{chance.choice(ENDS)}{chance.choice(COMMENTS)}",
        lambda: f"{chance.choice(CLAUSES)};{chance.choice(CLAUSES)}",
        lambda: (
            f"a/b{chance.choice(ENDS)}}}) {chance.choice(CLAUSES)} WITH 1 AS y MATCH (m {{id: {chance.choice(ENDS)}"
        ),
        lambda: f"{chance.choice(COMMENTS)}{chance.choice(CLAUSES)}{chance.choice(ENDS)}",
        lambda: next(alone),
    ]
    return [f"{shapes[i % len(shapes)]()}{i}" for i in range(n)]
