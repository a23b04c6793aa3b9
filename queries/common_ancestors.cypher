// What two models both go back to, the nearest first.
// params:
//   a: string = "lmstudio-community/Meta-Llama-3.1-8B-Instruct-GGUF"   one model
//   b: string = "NousResearch/Hermes-3-Llama-3.1-8B"   the other
MATCH (x:Model {id: $a})-[d:DESCENDS_FROM]->(c:Model)<-[e:DESCENDS_FROM]-(y:Model {id: $b})
RETURN c.id AS id, d.distance AS from_a, e.distance AS from_b, c.stub AS stub, c.licences AS licences
ORDER BY from_a + from_b, id;
