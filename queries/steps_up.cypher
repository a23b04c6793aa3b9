// Every step from a model to where it started: who made what from which base, how, and under which licences.
// params:
//   id: string = "lmstudio-community/Meta-Llama-3.1-8B-Instruct-GGUF"   the model asked about
MATCH (m:Model {id: $id})-[:DESCENDS_FROM*0..1]->(c:Model)-[d:DERIVED_FROM]->(b:Model)
OPTIONAL MATCH (m)-[u:DESCENDS_FROM]->(c)
WITH DISTINCT coalesce(u.distance, 0) + 1 AS step, c, d, b
RETURN step, c.id AS id, c.licences AS licences, d.relation AS relation, d.evidence AS evidence, b.id AS base,
       b.licences AS licences_of_base
ORDER BY step, id, base;
