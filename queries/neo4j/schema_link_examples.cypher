// The first $rows relationships of a type, of those that have $property unless it is null: by the ids of their ends,
// with $by_base that of the second first.
MATCH (a)-[e:$($name)]->(b)
WHERE $property IS NULL OR e[$property] IS NOT NULL
WITH a, e, b, CASE WHEN $by_base THEN b.id ELSE a.id END AS first, CASE WHEN $by_base THEN a.id ELSE b.id END AS second
ORDER BY first, coalesce(e.place, 0), second LIMIT $rows
RETURN properties(e) AS row, a.id AS child, b.id AS base;
