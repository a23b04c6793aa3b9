SELECT CASE WHEN contains(id, '/') THEN lower(split_part(id, '/', 1)) ELSE '(unknown)' END AS key, sum(downloads), count(*)
FROM inside GROUP BY 1;
