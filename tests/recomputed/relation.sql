-- One relation where all edges of a model have it, else mixed; without a label unknown, without an edge none.
WITH of AS (
    SELECT child, CASE WHEN count(DISTINCT coalesce(relation, '')) > 1 THEN 'mixed' ELSE coalesce(any_value(relation), '(unknown)') END AS key
    FROM (SELECT child, lower(base) AS base, min(relation) AS relation FROM edge GROUP BY 1, 2) GROUP BY child
)
SELECT coalesce(of.key, '(none)') AS key, sum(i.downloads), count(*) FROM inside AS i LEFT JOIN of ON of.child = i.id GROUP BY 1;
