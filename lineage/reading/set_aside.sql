-- Of `judged`, one part of the input, the rows that have a reason against them go to `refused`, those that share an id
-- or key to `contender`; what is left are the `rows` of this part.

-- A row waits for the end where another of this part has its id, or its key: then it is decided which one stays.
CREATE OR REPLACE TABLE waiting AS
SELECT nr FROM judged
WHERE reason IS NULL AND (
    id IN (SELECT id FROM judged WHERE reason IS NULL GROUP BY id HAVING count(*) > 1)
    OR hub_key IN (
        SELECT hub_key FROM judged WHERE reason IS NULL AND hub_key IS NOT NULL GROUP BY hub_key HAVING count(*) > 1
    )
);

CREATE TABLE IF NOT EXISTS contender AS FROM judged LIMIT 0;

INSERT INTO contender FROM judged WHERE nr IN (FROM waiting);

CREATE TABLE IF NOT EXISTS unread (
    nr BIGINT, rows_in BIGINT, rejected BIGINT, tags BIGINT, cards BIGINT, base_models BIGINT, dates BIGINT
);

INSERT INTO unread
SELECT
    getvariable('first_nr'),
    count(*),
    count(reason),
    count(*) FILTER (unreadable_tags),
    count(*) FILTER (unreadable_card),
    count(*) FILTER (unreadable_base_models),
    count(*) FILTER (unreadable_dates)
FROM judged;

-- How many rows fill each column: some tables have columns in which there is nothing.
INSERT INTO filled
SELECT getvariable('first_nr'), name, rows
FROM (UNPIVOT (SELECT count(COLUMNS([
    'hub_id', 'downloads', 'downloads_all_time', 'likes', 'created_at', 'last_modified', 'pipeline_tag',
    'library_name', 'tags', 'card', 'base_models', 'config', 'siblings', 'safetensors', 'gguf'
])) FROM judged)
ON COLUMNS(*) INTO NAME name VALUE rows);

-- A rejected row is kept as it was written, so that the reason can be seen in it.
CREATE TABLE IF NOT EXISTS refused AS
SELECT j.nr, j.id AS trimmed, j.reason, s.* EXCLUDE (readme) FROM judged AS j, spelled AS s LIMIT 0;

INSERT INTO refused
SELECT j.nr, j.id, j.reason, s.* EXCLUDE (readme)
FROM judged AS j
JOIN spelled AS s ON getvariable('first_nr') + s.rowid = j.nr
WHERE j.reason IS NOT NULL;

DELETE FROM judged WHERE reason IS NOT NULL OR nr IN (FROM waiting);

DROP TABLE spelled;

DROP TABLE IF EXISTS rows;

ALTER TABLE judged RENAME TO rows;
