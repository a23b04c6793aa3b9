// The larger models made from a model, as a graph: a link from each to its base in the family.
// shows: graph
// params:
//   id: string = "meta-llama/Meta-Llama-3.1-8B"   the model at the top
//   at_least: int = 1000   downloads of the models shown
MATCH (top:Model {id: $id})<-[:DESCENDS_FROM*0..1]-(b:Model), link = (m:Model)-[:DERIVED_FROM]->(b)
WHERE m.downloads >= $at_least
RETURN link
ORDER BY m.id, b.id;
