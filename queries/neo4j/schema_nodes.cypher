// How many nodes have each label, and how many of them each property: the row without a property is the label's own.
// The notes that loads leave are nobody's data.
MATCH (n)
WHERE NOT n:LineageRun
UNWIND labels(n) AS name
UNWIND [null] + keys(n) AS property
WITH name, property, n[property] AS value
RETURN name, property, count(*) AS count, collect(DISTINCT valueType(value)) AS types
ORDER BY name, property;
