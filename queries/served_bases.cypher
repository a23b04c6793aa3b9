// What an account offers of others, a row for each base and format: its quantized models and their downloads.
// params:
//   publisher: string = "bartowski"   the account asked about
//   limit: int = 30   rows at most
MATCH (p:Publisher {id: $publisher})-[:PUBLISHED]->(m:Model)-[d:DERIVED_FROM]->(b:Model)
WITH m, d, b
WHERE d.relation = 'quantized' AND b.publisher <> $publisher
RETURN b.id AS base, coalesce(m.format, '(unknown)') AS format, count(m) AS models,
       sum(coalesce(m.downloads, 0)) AS downloads
ORDER BY downloads DESC, base, format
LIMIT $limit;
