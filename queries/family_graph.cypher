// The most downloaded models made from a model, as a graph: each link from one of them to its base in the family.
// shows: graph
// params:
//   id: string = "meta-llama/Meta-Llama-3.1-8B"   the model at the top
//   limit: int = 60   models at most
MATCH (m:Model)-[:DESCENDS_FROM]->(root:Model {id: $id})
WITH m
ORDER BY coalesce(m.downloads, 0) DESC, m.id
LIMIT $limit
MATCH link = (m)-[:DERIVED_FROM]->(b:Model)
WHERE b.id = $id OR EXISTS { MATCH (b)-[:DESCENDS_FROM]->(:Model {id: $id}) }
RETURN link
ORDER BY m.id, b.id;
