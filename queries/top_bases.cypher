// The models that most others are made from directly.
// params:
//   limit: int = 20   rows at most
MATCH (m:Model)-[:DERIVED_FROM]->(b:Model)
RETURN b.id AS id, b.stub AS stub, count(m) AS children, sum(coalesce(m.downloads, 0)) AS downloads_of_children
ORDER BY children DESC, id
LIMIT $limit;
