// The first $rows nodes of a label A-Z, of those that have $property unless it is null.
MATCH (n:$($name))
WHERE $property IS NULL OR n[$property] IS NOT NULL
WITH n ORDER BY n.id LIMIT $rows
RETURN properties(n) AS row;
