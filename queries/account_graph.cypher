// An account's larger derivatives as a graph: from the account to its model, and on to the base.
// shows: graph
// params:
//   publisher: string = "bartowski"   the account asked about
//   at_least: int = 1000   downloads of the models shown
MATCH link = (p:Publisher {id: $publisher})-[:PUBLISHED]->(m:Model)-[:DERIVED_FROM]->(b:Model)
WHERE m.downloads >= $at_least
RETURN link
ORDER BY m.id, b.id;
