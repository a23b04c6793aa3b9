// Fine-tunes of one account that another has quantized, with the base that all stands on.
// params:
//   limit: int = 30   rows at most
MATCH (q:Model)-[d:DERIVED_FROM]->(f:Model)-[e:DERIVED_FROM]->(b:Model)
WITH q, d, f, e, b
WHERE d.relation = 'quantized' AND e.relation = 'finetune' AND q.publisher <> f.publisher
  AND f.publisher <> b.publisher
RETURN q.id AS id, q.publisher AS quantizer, f.id AS finetune, f.publisher AS finetuner, b.id AS base,
       q.downloads AS downloads
ORDER BY coalesce(q.downloads, 0) DESC, id, finetune, base
LIMIT $limit;
