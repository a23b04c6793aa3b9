// An account's models with what other accounts make of them: quantizations, everything else, and their downloads.
// params:
//   publisher: string = "meta-llama"   the account asked about
//   limit: int = 30   rows at most
MATCH (p:Publisher {id: $publisher})-[:PUBLISHED]->(b:Model)<-[:DESCENDS_FROM]-(m:Model)
WHERE m.publisher <> $publisher
RETURN b.id AS id, b.own AS own, count(CASE WHEN m.relation = 'quantized' THEN 1 END) AS quantized,
       sum(CASE WHEN m.relation = 'quantized' THEN coalesce(m.downloads, 0) ELSE 0 END) AS downloads_quantized,
       count(m) AS derived_by_others, sum(coalesce(m.downloads, 0)) AS downloads_by_others
ORDER BY downloads_by_others DESC, id
LIMIT $limit;
