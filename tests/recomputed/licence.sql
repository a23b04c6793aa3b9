-- n licences, A–Z: each has a whole n-th of the downloads, the first ones one more until nothing is left.
WITH named AS (
    SELECT id, downloads, list_sort(list_distinct(list_transform(list_filter(tags, lambda t: t LIKE 'license:_%'), lambda t: t[9:]))) AS all_
    FROM inside
),
each AS (SELECT id, downloads, len(all_) AS n, unnest(CASE WHEN len(all_) > 0 THEN all_ ELSE ['(unknown)'] END) AS key, all_ FROM named)
SELECT key, sum(CASE WHEN coalesce(n, 0) < 2 THEN downloads ELSE downloads // n + (list_position(all_, key) <= downloads % n)::INT END), count(*)
FROM each GROUP BY 1;
