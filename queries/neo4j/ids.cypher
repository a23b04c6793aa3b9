// The ids of nodes by the server's own names in $names.
MATCH (n)
WHERE elementId(n) IN $names
RETURN elementId(n) AS name, labels(n)[0] AS label, n.id AS id;
