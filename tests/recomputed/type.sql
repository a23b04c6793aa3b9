-- An account that no row speaks of is unknown; a row that says so has a key of its own.
SELECT coalesce(a.type, '(unknown)') AS key, sum(i.downloads), count(*)
FROM inside AS i LEFT JOIN account AS a ON lower(a.account) = lower(split_part(i.id, '/', 1)) AND contains(i.id, '/')
GROUP BY 1;
