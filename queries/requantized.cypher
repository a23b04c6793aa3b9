// Quantizations made from a quantization: the file is two lossy steps from the weights.
// params:
//   limit: int = 30   rows at most
MATCH (m:Model)-[d:DERIVED_FROM]->(q:Model)-[e:DERIVED_FROM]->(b:Model)
WITH m, d, q, e, b
WHERE d.relation = 'quantized' AND e.relation = 'quantized'
RETURN m.id AS id, m.downloads AS downloads, q.id AS made_from, q.format AS format, b.id AS base
ORDER BY coalesce(m.downloads, 0) DESC, id, made_from, base
LIMIT $limit;
