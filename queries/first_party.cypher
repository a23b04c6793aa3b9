// Makers that offer quantized models of their own bases themselves, by owner.
// params:
//   limit: int = 20   rows at most
MATCH (p:Publisher)-[:PUBLISHED]->(m:Model)-[d:DERIVED_FROM]->(b:Model)<-[:PUBLISHED]-(q:Publisher)
WITH p, m, d, q
WHERE d.relation = 'quantized' AND p.owner = q.owner
WITH DISTINCT p.owner AS owner, m
RETURN owner, count(m) AS models, sum(coalesce(m.downloads, 0)) AS downloads
ORDER BY downloads DESC, owner
LIMIT $limit;
