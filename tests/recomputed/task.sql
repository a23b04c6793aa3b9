SELECT coalesce(pipeline_tag, '(unknown)') AS key, sum(downloads), count(*) FROM inside GROUP BY 1;
