// From a model to everything it goes back to. A row of $rows: model, ancestor, then as numbered here.
UNWIND $rows AS r
MATCH (model:Model {id: r[0]})
MATCH (ancestor:Model {id: r[1]})
MERGE (model)-[e:DESCENDS_FROM]->(ancestor)
WITH e, r
WHERE e.distance IS NULL OR e.distance <> r[2]
SET e.distance = r[2];
