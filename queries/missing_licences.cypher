// Models that declare no licence though one that they go back to does, the most downloaded first.
// params:
//   limit: int = 30   rows at most
MATCH (m:Model)-[d:DESCENDS_FROM]->(b:Model)
WHERE m.licences IS NULL AND b.licences IS NOT NULL
RETURN m.id AS id, m.downloads AS downloads, d.distance AS distance, b.id AS ancestor, b.licences AS licences
ORDER BY coalesce(m.downloads, 0) DESC, id, distance, ancestor
LIMIT $limit;
