// The ids of models by the engine's own numbers, from $low to $high: an IN over thousands of numbers is far slower.
MATCH (n:Model)
WHERE offset(id(n)) >= $low AND offset(id(n)) <= $high
RETURN offset(id(n)) AS number, n.id AS id;
