// The way from a model to where it started, as a graph: a link for each step from a model to its base.
// shows: graph
// params:
//   id: string = "lmstudio-community/Meta-Llama-3.1-8B-Instruct-GGUF"   the model asked about
MATCH (m:Model {id: $id})-[:DESCENDS_FROM*0..1]->(c:Model), link = (c)-[:DERIVED_FROM]->(b:Model)
RETURN link
ORDER BY c.id, b.id;
