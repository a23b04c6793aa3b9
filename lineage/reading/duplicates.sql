-- `contender`, `refused` and `row_text` (both as JSON) become `renamed`, `rejected` and `rows`, the rows that stay.
-- What was seen later stays, last of all what has no time of its own; of what was seen at one time, the row that was
-- changed last.

-- Of several rows with one id one stays.
CREATE OR REPLACE TABLE double AS
SELECT nr, id, row
FROM (
    SELECT
        nr, id, row,
        row_number() OVER (
            PARTITION BY id
            ORDER BY seen_at DESC NULLS FIRST, last_modified DESC NULLS LAST, downloads DESC NULLS LAST, row DESC
        ) AS place
    FROM contender JOIN row_text USING (nr)
)
WHERE place > 1;

-- One repository under two names: it was renamed between two pages of a crawl. The newer row has the name of today.
CREATE OR REPLACE TABLE renamed AS
SELECT nr, id AS old, today AS new, row
FROM (
    SELECT
        nr, id, row,
        row_number() OVER newest AS place,
        first_value(id) OVER newest AS today
    FROM contender JOIN row_text USING (nr)
    WHERE hub_key IS NOT NULL AND nr NOT IN (SELECT nr FROM double)
    WINDOW newest AS (
        PARTITION BY hub_key
        ORDER BY seen_at DESC NULLS FIRST, last_modified DESC NULLS LAST, downloads DESC NULLS LAST, row DESC
    )
)
WHERE place > 1;

CREATE OR REPLACE TABLE rejected AS
SELECT id, reason, left(row, 2000) AS row
FROM (
    SELECT r.trimmed AS id, r.reason, t.row FROM refused AS r LEFT JOIN row_text AS t USING (nr)
    UNION ALL SELECT id, 'duplicate', row FROM double
    UNION ALL SELECT old, 'renamed', row FROM renamed
)
ORDER BY reason, id NULLS LAST, row;

DELETE FROM contender WHERE nr IN (SELECT nr FROM double) OR nr IN (SELECT nr FROM renamed);

DROP TABLE IF EXISTS rows;

ALTER TABLE contender RENAME TO rows;

DROP TABLE refused;
