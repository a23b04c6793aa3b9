// Where an account's downloads come from: its models by how they were made; (none) names no base.
// params:
//   publisher: string = "unsloth"   the account asked about
MATCH (p:Publisher {id: $publisher})-[:PUBLISHED]->(m:Model)
WHERE NOT m.stub
RETURN coalesce(m.relation, '(none)') AS relation, count(m) AS models, sum(coalesce(m.downloads, 0)) AS downloads
ORDER BY downloads DESC, relation;
