SELECT string_agg(id, ' ' ORDER BY pagerank DESC, id) FROM (FROM models ORDER BY pagerank DESC NULLS LAST, id LIMIT 5)
