// Models with several bases, one row for each base, the most downloaded models first.
// params:
//   limit: int = 30   rows at most
MATCH (m:Model)-[d:DERIVED_FROM]->(b:Model)
WHERE m.bases > 1
RETURN m.id AS id, m.downloads AS downloads, d.place AS place, b.id AS base, d.relation AS relation
ORDER BY coalesce(m.downloads, 0) DESC, id, place
LIMIT $limit;
