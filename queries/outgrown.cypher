// Derivatives that are downloaded more than the model of another account that they were made from.
// params:
//   limit: int = 30   rows at most
MATCH (m:Model)-[d:DERIVED_FROM]->(b:Model)
WHERE m.downloads > b.downloads AND m.publisher <> b.publisher
RETURN m.id AS id, m.downloads AS downloads, d.relation AS relation, b.id AS base, b.downloads AS downloads_of_base
ORDER BY downloads DESC, id, base
LIMIT $limit;
