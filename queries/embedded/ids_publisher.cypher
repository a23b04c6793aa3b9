// The ids of publishers by the engine's own numbers, from $low to $high.
MATCH (n:Publisher)
WHERE offset(id(n)) >= $low AND offset(id(n)) <= $high
RETURN offset(id(n)) AS number, n.id AS id;
