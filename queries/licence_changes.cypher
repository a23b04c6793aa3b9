// Models whose declared licences differ from those of a base.
// params:
//   limit: int = 30   rows at most
MATCH (m:Model)-[d:DERIVED_FROM]->(b:Model)
WHERE m.licences IS NOT NULL AND b.licences IS NOT NULL AND m.licences <> b.licences
RETURN m.id AS id, m.licences AS licences, b.id AS base, b.licences AS licences_of_base, m.downloads AS downloads
ORDER BY coalesce(m.downloads, 0) DESC, id, base
LIMIT $limit;
