// Whose models an account quantizes, by the account of the base.
// params:
//   publisher: string = "bartowski"   the account asked about
MATCH (p:Publisher {id: $publisher})-[:PUBLISHED]->(m:Model)-[d:DERIVED_FROM]->(b:Model)
WITH m, d, b
WHERE d.relation = 'quantized' AND b.publisher <> $publisher
RETURN b.publisher AS publisher, count(DISTINCT b.id) AS bases, count(DISTINCT m.id) AS models
ORDER BY models DESC, publisher;
