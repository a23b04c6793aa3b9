// What loads have left here of models: a page of at most $rows after the id $after.
MATCH (m:Model)
WHERE m.id > $after
WITH m ORDER BY m.id LIMIT $rows
RETURN max(m.id) AS last,
       collect(CASE WHEN m.row_hash IS NULL THEN null ELSE [m.id, m.row_hash] END) AS rows;
