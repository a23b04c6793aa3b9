// Which accounts serve a model in quantized form, up to eight steps below it, with their models, formats and downloads.
// params:
//   id: string = "meta-llama/Meta-Llama-3.1-8B-Instruct"   the base model
MATCH (b:Model {id: $id})<-[:DERIVED_FROM*1..8 {relation: 'quantized'}]-(m:Model)
WHERE m.id <> $id
WITH DISTINCT m
RETURN coalesce(m.publisher, '') AS publisher, count(m) AS models, count(DISTINCT m.format) AS formats,
       sum(coalesce(m.downloads, 0)) AS downloads
ORDER BY downloads DESC, publisher;
