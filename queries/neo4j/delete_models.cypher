// Models that a complete snapshot no longer has, with everything that hangs on them. A row of $rows: id.
UNWIND $rows AS r
MATCH (m:Model {id: r[0]})
DETACH DELETE m;
