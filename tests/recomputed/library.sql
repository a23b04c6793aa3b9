-- The first tag of a model that is the name of a library.
WITH tag AS (SELECT id, unnest(tags) AS tag, generate_subscripts(tags, 1) AS place FROM inside),
first AS (SELECT id, arg_min(tag, place) AS key FROM tag WHERE lower(tag) IN (FROM known_library) GROUP BY id)
SELECT coalesce(f.key, '(unknown)') AS key, sum(i.downloads), count(*) FROM inside AS i LEFT JOIN first AS f ON f.id = i.id GROUP BY 1;
