// What was made from a model for one task, the most downloaded first.
// params:
//   id: string = "FacebookAI/xlm-roberta-base"   the base model
//   task: string = "token-classification"   the task, as the Hub spells it
//   limit: int = 30   rows at most
MATCH (b:Model {id: $id})<-[d:DESCENDS_FROM]-(m:Model)
WHERE m.pipeline_tag = $task
RETURN m.id AS id, d.distance AS distance, m.relation AS relation, m.publisher AS publisher, m.downloads AS downloads
ORDER BY coalesce(m.downloads, 0) DESC, id
LIMIT $limit;
