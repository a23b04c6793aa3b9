// What a load has left here of models.
MATCH (m:Model)
WHERE m.row_hash IS NOT NULL
RETURN m.id AS id, m.row_hash AS row_hash;
