// Accounts by what others have made of their models, however many steps below; each model counts once.
// params:
//   limit: int = 20   rows at most
MATCH (p:Publisher)-[:PUBLISHED]->(b:Model)<-[:DESCENDS_FROM]-(m:Model)
WHERE m.publisher <> p.id
WITH DISTINCT p, m
RETURN p.id AS publisher, p.downloads AS own, count(m) AS models, sum(coalesce(m.downloads, 0)) AS downloads_by_others
ORDER BY downloads_by_others DESC, publisher
LIMIT $limit;
