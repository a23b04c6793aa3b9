SELECT sum(m.downloads)
FROM models AS m
WHERE NOT m.stub AND lower(m.publisher) IN (SELECT lower(x) FROM (SELECT unnest($accounts) AS x))
    AND m.id IN (SELECT id FROM tags WHERE tag = 'gguf')
