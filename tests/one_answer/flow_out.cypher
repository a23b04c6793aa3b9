MATCH (m:Model)-[:DERIVED_FROM]->(b:Model)
WHERE b.publisher = $maker AND m.publisher <> $maker
WITH DISTINCT m
RETURN sum(coalesce(m.downloads, 0)) AS value;
