// Accounts that quantize the same bases as a given account, by the number of bases in common.
// params:
//   publisher: string = "bartowski"   the account asked about
//   limit: int = 20   rows at most
MATCH (m:Model {publisher: $publisher})-[d:DERIVED_FROM]->(b:Model)<-[e:DERIVED_FROM]-(other:Model)
WHERE d.relation = 'quantized' AND e.relation = 'quantized' AND other.publisher <> $publisher
RETURN other.publisher AS publisher, count(DISTINCT b) AS bases_in_common, count(DISTINCT other) AS models
ORDER BY bases_in_common DESC, publisher
LIMIT $limit;
