// Which account builds on whose models: a link from account to account, weighed by the downloads of what was built.
// params:
//   limit: int = 30   rows at most
MATCH (p:Publisher)-[:PUBLISHED]->(m:Model)-[:DERIVED_FROM]->(b:Model)<-[:PUBLISHED]-(q:Publisher)
WHERE p.id <> q.id
WITH DISTINCT p.id AS publisher, q.id AS builds_on, m
RETURN publisher, builds_on, count(m) AS models, sum(coalesce(m.downloads, 0)) AS downloads
ORDER BY downloads DESC, publisher, builds_on
LIMIT $limit;
