// The models that go into most merges.
// params:
//   limit: int = 20   rows at most
MATCH (m:Model)-[d:DERIVED_FROM]->(b:Model)
WHERE d.relation = 'merge'
RETURN b.id AS id, b.publisher AS publisher, count(m) AS merges, count(DISTINCT m.publisher) AS publishers,
       sum(coalesce(m.downloads, 0)) AS downloads_of_merges
ORDER BY merges DESC, id
LIMIT $limit;
