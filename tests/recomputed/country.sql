-- The countries of the account on the day of the snapshot; several share its downloads as licences do.
WITH named AS (
    SELECT i.id, i.downloads, CASE WHEN a.countries <> '' THEN string_split(a.countries, ';') ELSE ['(unknown)'] END AS all_
    FROM inside AS i LEFT JOIN account AS a ON lower(a.account) = lower(split_part(i.id, '/', 1)) AND contains(i.id, '/')
),
each AS (SELECT downloads, len(all_) AS n, unnest(all_) AS key, all_ FROM named)
SELECT key, sum(downloads // n + (list_position(all_, key) <= downloads % n)::INT), count(*) FROM each GROUP BY 1;
