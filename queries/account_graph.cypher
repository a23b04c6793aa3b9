// An account's most downloaded derivatives as a graph: from the account to its model, and on to the base.
// shows: graph
// params:
//   publisher: string = "bartowski"   the account asked about
//   limit: int = 40   links at most
MATCH link = (p:Publisher {id: $publisher})-[:PUBLISHED]->(m:Model)-[:DERIVED_FROM]->(b:Model)
RETURN link
ORDER BY coalesce(m.downloads, 0) DESC, m.id, b.id
LIMIT $limit;
