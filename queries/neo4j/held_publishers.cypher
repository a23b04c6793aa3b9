// What loads have left here of accounts: a page of at most $rows after the id $after.
MATCH (p:Publisher)
WHERE p.id > $after
WITH p ORDER BY p.id LIMIT $rows
RETURN max(p.id) AS last,
       collect(CASE WHEN p.row_hash IS NULL THEN null ELSE [p.id, p.row_hash] END) AS rows;
