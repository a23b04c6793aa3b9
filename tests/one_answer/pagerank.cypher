MATCH (m:Model) RETURN m.id AS value ORDER BY m.pagerank DESC, m.id LIMIT 5;
