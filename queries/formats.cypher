// In which formats and bits a model can be had from those who quantized it, up to eight steps below it.
// params:
//   id: string = "meta-llama/Meta-Llama-3.1-8B-Instruct"   the base model
MATCH (b:Model {id: $id})<-[:DERIVED_FROM*1..8 {relation: 'quantized'}]-(m:Model)
WHERE m.id <> $id
WITH DISTINCT m
RETURN coalesce(m.format, '(unknown)') AS format, m.bits AS bits, count(m) AS models,
       count(DISTINCT m.publisher) AS publishers, sum(coalesce(m.downloads, 0)) AS downloads
ORDER BY format, coalesce(m.bits, 0.0);
