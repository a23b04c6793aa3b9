// Links to ancestors that a complete snapshot no longer has. A row of $rows: model, ancestor.
UNWIND $rows AS r
MATCH (:Model {id: r[0]})-[e:DESCENDS_FROM]->(:Model {id: r[1]})
DELETE e;
