// Bases that models name and the snapshot does not hold: deleted, renamed, private, or never there.
// params:
//   limit: int = 20   rows at most
MATCH (m:Model)-[:DERIVED_FROM]->(b:Model)
WHERE b.stub
RETURN b.id AS id, count(m) AS children, sum(m.downloads) AS downloads_of_children
ORDER BY downloads_of_children DESC, id
LIMIT $limit;
