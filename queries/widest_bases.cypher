// The models that most owners outside the maker's house have built on directly; accounts of one house count once.
// params:
//   limit: int = 20   rows at most
MATCH (p:Publisher)-[:PUBLISHED]->(m:Model)-[:DERIVED_FROM]->(b:Model)<-[:PUBLISHED]-(q:Publisher)
WHERE p.owner <> q.owner
RETURN b.id AS id, q.owner AS owner, count(DISTINCT p.owner) AS owners, count(m) AS models
ORDER BY owners DESC, id
LIMIT $limit;
