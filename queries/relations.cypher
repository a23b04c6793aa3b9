// How many edges each relation has, and the downloads of the models at their lower end.
MATCH (m:Model)-[d:DERIVED_FROM]->(:Model)
RETURN coalesce(d.relation, '(unknown)') AS relation, count(*) AS edges, sum(coalesce(m.downloads, 0)) AS downloads
ORDER BY edges DESC, relation;
