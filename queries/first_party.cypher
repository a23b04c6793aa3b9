// Makers that offer quantized models of their own bases themselves, by owner.
// params:
//   limit: int = 20   rows at most
MATCH (p:Publisher)-[:PUBLISHED]->(m:Model)-[d:DERIVED_FROM]->(b:Model)<-[:PUBLISHED]-(q:Publisher)
WITH p, m, d, b, q
WHERE d.relation = 'quantized' AND p.owner = q.owner
WITH DISTINCT p, m, b.id AS base
RETURN p.owner AS owner, count(DISTINCT base) AS bases, count(DISTINCT m.id) AS models,
       sum(coalesce(m.downloads, 0)) AS downloads
ORDER BY downloads DESC, owner
LIMIT $limit;
