// Links from accounts that a complete snapshot no longer has. A row of $rows: publisher, id.
UNWIND $rows AS r
MATCH (:Publisher {id: r[0]})-[e:PUBLISHED]->(:Model {id: r[1]})
DELETE e;
