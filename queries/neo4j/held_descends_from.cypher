// What loads have left here of links to ancestors: those of a page of at most $rows models after the id $after.
MATCH (model:Model)
WHERE model.id > $after
WITH model ORDER BY model.id LIMIT $rows
OPTIONAL MATCH (model)-[e:DESCENDS_FROM]->(ancestor:Model)
WHERE model.row_hash IS NOT NULL AND ancestor.row_hash IS NOT NULL
RETURN max(model.id) AS last,
       collect(CASE WHEN ancestor IS NULL THEN null ELSE [model.id, ancestor.id, e.distance] END) AS rows;
