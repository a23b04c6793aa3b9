// Accounts that quantize the same bases as a given account, by the number of bases in common.
// params:
//   publisher: string = "bartowski"   the account asked about
//   limit: int = 20   rows at most
MATCH (p:Publisher {id: $publisher})-[:PUBLISHED]->(m:Model)-[d:DERIVED_FROM]->(b:Model)
WITH d, b
WHERE d.relation = 'quantized'
WITH DISTINCT b
MATCH (b)<-[e:DERIVED_FROM]-(other:Model)
WHERE e.relation = 'quantized' AND other.publisher <> $publisher
RETURN other.publisher AS publisher, count(DISTINCT b.id) AS bases_in_common, count(DISTINCT other.id) AS models
ORDER BY bases_in_common DESC, publisher
LIMIT $limit;
