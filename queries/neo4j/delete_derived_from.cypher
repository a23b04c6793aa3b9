// Edges that a complete snapshot no longer has. A row of $rows: child, base.
UNWIND $rows AS r
MATCH (:Model {id: r[0]})-[e:DERIVED_FROM]->(:Model {id: r[1]})
DELETE e;
