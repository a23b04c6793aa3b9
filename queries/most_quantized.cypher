// The models that most accounts other than their own offer in quantized form, made directly from them.
// params:
//   limit: int = 20   rows at most
MATCH (m:Model)-[d:DERIVED_FROM]->(b:Model)
WHERE d.relation = 'quantized' AND m.publisher <> b.publisher
RETURN b.id AS id, b.stub AS stub, count(DISTINCT m.publisher) AS quantizers, count(m) AS models,
       sum(coalesce(m.downloads, 0)) AS downloads
ORDER BY quantizers DESC, id
LIMIT $limit;
