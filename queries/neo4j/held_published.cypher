// What loads have left here of links from accounts: those of a page of at most $rows models after the id $after.
MATCH (model:Model)
WHERE model.id > $after
WITH model ORDER BY model.id LIMIT $rows
OPTIONAL MATCH (publisher:Publisher)-[:PUBLISHED]->(model)
WHERE publisher.row_hash IS NOT NULL AND model.row_hash IS NOT NULL
RETURN max(model.id) AS last,
       collect(CASE WHEN publisher IS NULL THEN null ELSE [publisher.id, model.id] END) AS rows;
