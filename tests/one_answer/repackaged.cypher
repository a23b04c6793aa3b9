MATCH (p:Publisher)-[:PUBLISHED]->(m:Model)-[d:DERIVED_FROM]->(b:Model)<-[:PUBLISHED]-(q:Publisher)
WITH m, sum(CASE WHEN d.relation = 'quantized' THEN 1 ELSE 0 END) AS quantized,
     sum(CASE WHEN p.owner = q.owner THEN 1 ELSE 0 END) AS own
WHERE quantized > 0 AND own = 0
RETURN sum(coalesce(m.downloads, 0)) AS value;
