-- `judged` and `row_text` (its ties and its rejects as JSON) become `rows`, `renamed` and `rejected`.

-- Of several rows with one id one stays.
CREATE OR REPLACE TABLE double AS
SELECT j.nr, j.id, t.row
FROM (
    SELECT
        nr, id,
        row_number() OVER (
            PARTITION BY id ORDER BY last_modified DESC NULLS LAST, downloads DESC NULLS LAST, row DESC
        ) AS place
    FROM judged JOIN row_text USING (nr)
    WHERE reason IS NULL
) AS j
JOIN row_text AS t ON t.nr = j.nr
WHERE place > 1;

-- One repository under two names: it was renamed between two pages of a crawl. The newer row has the name of today.
CREATE OR REPLACE TABLE renamed AS
SELECT nr, id AS old, today AS new, row
FROM (
    SELECT
        nr, id, row,
        row_number() OVER newest AS place,
        first_value(id) OVER newest AS today
    FROM judged JOIN row_text USING (nr)
    WHERE reason IS NULL AND hub_key IS NOT NULL AND nr NOT IN (SELECT nr FROM double)
    WINDOW newest AS (PARTITION BY hub_key ORDER BY last_modified DESC NULLS LAST, downloads DESC NULLS LAST, row DESC)
)
WHERE place > 1;

CREATE OR REPLACE TABLE rejected AS
SELECT id, reason, left(row, 2000) AS row
FROM (
    SELECT j.id, j.reason, t.row FROM judged AS j LEFT JOIN row_text AS t USING (nr) WHERE j.reason IS NOT NULL
    UNION ALL SELECT id, 'duplicate', row FROM double
    UNION ALL SELECT old, 'renamed', row FROM renamed
)
ORDER BY reason, id NULLS LAST, row;

CREATE OR REPLACE TABLE unread AS
SELECT
    count(*) AS rows_in,
    count(*) FILTER (unreadable_tags) AS tags,
    count(*) FILTER (unreadable_card) AS cards,
    count(*) FILTER (unreadable_base_models) AS base_models,
    count(*) FILTER (unreadable_dates) AS dates
FROM judged;

DELETE FROM judged
WHERE reason IS NOT NULL OR nr IN (SELECT nr FROM double) OR nr IN (SELECT nr FROM renamed);

DROP TABLE IF EXISTS rows;

ALTER TABLE judged RENAME TO rows;
