// How many relationships there are of each type, and how many of them have each property: the row without a property
// is the type's own, with the labels it joins.
MATCH (a)-[e]->(b)
UNWIND [null] + keys(e) AS property
WITH type(e) AS name, property, e[property] AS value, labels(a)[0] AS child, labels(b)[0] AS base
RETURN name, property, count(*) AS count, collect(DISTINCT valueType(value)) AS types,
       min(child) AS child, min(base) AS base
ORDER BY name, property;
