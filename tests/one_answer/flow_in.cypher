MATCH (m:Model)-[:DERIVED_FROM]->(b:Model)
WHERE m.publisher = $account AND b.publisher <> m.publisher
WITH DISTINCT m
RETURN sum(coalesce(m.downloads, 0)) AS value;
