SELECT coalesce(year(created_at AT TIME ZONE 'UTC')::VARCHAR, '(unknown)') AS key, sum(downloads), count(*) FROM inside GROUP BY 1;
