// Everything made from a model, the most downloaded first.
// params:
//   id: string = "meta-llama/Meta-Llama-3.1-8B"   the model asked about
//   limit: int = 50   rows at most
MATCH (b:Model {id: $id})<-[d:DESCENDS_FROM]-(m:Model)
RETURN m.id AS id, d.distance AS distance, m.relation AS relation, m.publisher AS publisher, m.downloads AS downloads
ORDER BY coalesce(m.downloads, 0) DESC, id
LIMIT $limit;
