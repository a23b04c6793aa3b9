// How a family grew: what goes back to a model by number of steps and relation, with downloads.
// params:
//   id: string = "meta-llama/Meta-Llama-3.1-8B"   the model at the top
MATCH (b:Model {id: $id})<-[d:DESCENDS_FROM]-(m:Model)
RETURN d.distance AS distance, m.relation AS relation, count(m) AS models,
       count(DISTINCT m.publisher) AS publishers, sum(coalesce(m.downloads, 0)) AS downloads
ORDER BY distance, relation;
