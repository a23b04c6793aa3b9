// How many nodes there are of any kind; the store keeps the number.
MATCH (n)
RETURN count(n) AS nodes;
