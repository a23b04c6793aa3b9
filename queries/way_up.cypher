// The way from a model to where it started, as a graph: each link from a model to its base, the nearest first.
// shows: graph
// params:
//   id: string = "lmstudio-community/Meta-Llama-3.1-8B-Instruct-GGUF"   the model asked about
MATCH (m:Model {id: $id})-[:DESCENDS_FROM*0..1]->(c:Model)
WITH DISTINCT c
MATCH link = (c)-[:DERIVED_FROM]->(b:Model)
RETURN link
ORDER BY c.generation DESC, c.id, b.id;
