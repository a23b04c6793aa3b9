// Which licences the models made from a model declare, the most common first; a model with two counts in both.
// params:
//   id: string = "mistralai/Mistral-7B-v0.1"   the base model
MATCH (b:Model {id: $id})<-[:DESCENDS_FROM]-(m:Model)
UNWIND CASE WHEN m.licences IS NULL THEN ['(none)'] ELSE m.licences END AS licence
RETURN licence, count(m) AS models, sum(coalesce(m.downloads, 0)) AS downloads, licence IN b.licences AS same_as_base
ORDER BY models DESC, licence;
