// How many edges and models each relation has, and the downloads of these models, each counted once in a relation.
MATCH (m:Model)-[d:DERIVED_FROM]->(:Model)
WITH coalesce(d.relation, '(unknown)') AS relation, m, count(*) AS edges
RETURN relation, sum(edges) AS edges, count(m) AS models, sum(coalesce(m.downloads, 0)) AS downloads
ORDER BY edges DESC, relation;
