// Which country builds on whose models, where both are known; an account of two countries counts in both.
// params:
//   limit: int = 30   rows at most
MATCH (p:Publisher)-[:PUBLISHED]->(m:Model)-[:DERIVED_FROM]->(b:Model)<-[:PUBLISHED]-(q:Publisher)
WHERE p.countries IS NOT NULL AND q.countries IS NOT NULL
UNWIND p.countries AS country
UNWIND q.countries AS builds_on
WITH DISTINCT country, builds_on, m
RETURN country, builds_on, count(m) AS models, sum(coalesce(m.downloads, 0)) AS downloads
ORDER BY models DESC, country, builds_on
LIMIT $limit;
