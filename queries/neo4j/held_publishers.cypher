// What a load has left here of accounts.
MATCH (p:Publisher)
WHERE p.row_hash IS NOT NULL
RETURN p.id AS id, p.row_hash AS row_hash;
