// Whose models an account quantizes, by the account of the base.
// params:
//   publisher: string = "bartowski"   the account asked about
MATCH (m:Model {publisher: $publisher})-[d:DERIVED_FROM]->(b:Model)
WHERE d.relation = 'quantized' AND b.publisher <> $publisher
RETURN b.publisher AS publisher, count(DISTINCT b) AS bases, count(DISTINCT m) AS models
ORDER BY models DESC, publisher;
