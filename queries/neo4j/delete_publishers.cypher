// Accounts that a complete snapshot no longer has as nodes. A row of $rows: id.
UNWIND $rows AS r
MATCH (p:Publisher {id: r[0]})
DETACH DELETE p;
