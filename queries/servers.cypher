// Which accounts serve quantized versions made directly from a model, with their downloads.
// params:
//   id: string = "meta-llama/Meta-Llama-3.1-8B-Instruct"   the base model
MATCH (b:Model {id: $id})<-[d:DERIVED_FROM]-(m:Model)
WHERE d.relation = 'quantized'
RETURN coalesce(m.publisher, '') AS publisher, count(*) AS models, sum(m.downloads) AS downloads
ORDER BY downloads DESC, publisher;
