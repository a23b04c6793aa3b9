-- `judged` and `row_text` (its ties and its rejects as JSON) become `rows` and `rejected`.

CREATE OR REPLACE TABLE ranked AS
SELECT
    j.*,
    t.row,
    CASE WHEN j.reason IS NULL THEN
        row_number() OVER (
            PARTITION BY j.reason IS NULL, j.id
            ORDER BY j.last_modified DESC NULLS LAST, j.downloads DESC NULLS LAST, t.row DESC
        )
    END AS place
FROM judged AS j
LEFT JOIN row_text AS t ON t.nr = j.nr;

CREATE OR REPLACE TABLE rows AS
SELECT
    id, hub_id, downloads, downloads_all_time, likes, created_at, last_modified, pipeline_tag, library_name,
    tags, card, base_models, config, siblings
FROM ranked
WHERE place = 1
ORDER BY id;

CREATE OR REPLACE TABLE rejected AS
SELECT id, coalesce(reason, 'duplicate') AS reason, left(row, 2000) AS row
FROM ranked
WHERE reason IS NOT NULL OR place > 1
ORDER BY reason, id NULLS LAST, row;
