-- `claim` + `written` (text → the ids that it names, or a reason) + `model` + `renamed` + `legacy` become `matched`:
-- every claim with the id that it names, or the reason why it names none.
--
-- From here on ids are numbers, given A–Z to all ids that there are or might be: the least number is the first A–Z.

-- The models that a text may mean, by their ids in small letters.
CREATE OR REPLACE TABLE asked AS
SELECT DISTINCT key FROM (
    SELECT lower(id) AS key FROM written WHERE id IS NOT NULL
    UNION ALL SELECT lower(l.id) FROM legacy AS l
);

CREATE OR REPLACE TABLE spelled_model AS
SELECT id, lower(id) AS key FROM model WHERE lower(id) IN (FROM asked);

-- One spelling for each way of writing an id in small letters: the first A–Z.
CREATE OR REPLACE TABLE spelling AS SELECT key, min(id) AS id FROM spelled_model GROUP BY key;

-- The Hub's own `_id` of a base says which one it is, whatever it was called.
CREATE OR REPLACE TABLE keyed AS
SELECT hub_key AS key, min(id) AS id
FROM model
WHERE hub_key IN (SELECT base_key FROM claim WHERE base_key IS NOT NULL)
GROUP BY hub_key;

-- What a base was called before: two rows of one repository, or the Hub's own `_id` beside a name of old.
CREATE OR REPLACE TABLE former AS
WITH said AS (
    SELECT lower(old) AS key, new AS id FROM renamed
    UNION
    SELECT lower(w.id), k.id
    FROM claim AS c
    JOIN keyed AS k ON k.key = c.base_key
    JOIN written AS w ON w.text = c.base_as_written
    WHERE c.base_key IS NOT NULL AND w.id IS NOT NULL AND lower(w.id) <> lower(k.id)
)
SELECT key, min(id) AS id FROM said WHERE key NOT IN (SELECT key FROM spelling) GROUP BY key;

CREATE OR REPLACE TABLE meant AS
SELECT
    w.text,
    w.place AS piece,
    coalesce(exact.id, folded.id, f.id, legacy_exact.id, legacy_folded.id) AS known,
    -- What is not in the snapshot is a stub; an ownerless name only where it is known to have been an id.
    CASE WHEN known IS NULL AND (contains(w.id, '/') OR l.id IS NOT NULL) THEN coalesce(l.id, w.id) END AS stub,
    CASE
        WHEN w.reason IS NOT NULL THEN w.reason
        WHEN known IS NULL AND NOT contains(w.id, '/') AND l.id IS NULL THEN 'ownerless'
    END AS reason
FROM written AS w
LEFT JOIN spelled_model AS exact ON exact.id = w.id
LEFT JOIN spelling AS folded ON folded.key = lower(w.id)
LEFT JOIN former AS f ON f.key = lower(w.id)
LEFT JOIN legacy AS l ON NOT contains(w.id, '/') AND l.key = lower(w.id)
LEFT JOIN spelled_model AS legacy_exact ON legacy_exact.id = l.id
LEFT JOIN spelling AS legacy_folded ON legacy_folded.key = lower(l.id);

-- A stub is spelled as most models spell it, ties A–Z; prose has no say where a declared claim names it.
CREATE OR REPLACE TABLE stub_spelling AS
SELECT key, arg_max(stub, (declared, models, -place)) AS id
FROM (
    SELECT
        m.stub,
        lower(m.stub) AS key,
        c.evidence <> 'text' AS declared,
        count(DISTINCT c.nr) AS models,
        row_number() OVER (PARTITION BY lower(m.stub) ORDER BY m.stub) AS place
    FROM claim AS c
    JOIN meant AS m ON m.text = c.base_as_written
    WHERE m.stub IS NOT NULL AND NOT c.wrong_type
    GROUP BY m.stub, declared
)
GROUP BY key;

-- All ids, A–Z: those of models, with the row that they stand in, and those that may be stubs.
CREATE OR REPLACE TABLE numbered AS
SELECT (row_number() OVER (ORDER BY id) - 1)::INTEGER AS number, id, nr
FROM (
    SELECT id, nr FROM model
    UNION ALL
    SELECT id, NULL FROM stub_spelling WHERE id NOT IN (SELECT id FROM spelled_model)
);

-- The ids that a claim may lead to, with their numbers.
CREATE OR REPLACE TABLE base_number AS
SELECT number, id
FROM numbered
WHERE nr IS NULL OR id IN (SELECT known FROM meant WHERE known IS NOT NULL UNION ALL SELECT id FROM keyed);

-- One row for each text and piece of it: a number, or a reason.
CREATE OR REPLACE TABLE target AS
SELECT m.text, m.piece, m.reason, m.known IS NOT NULL AS known, b.number AS base
FROM meant AS m
LEFT JOIN stub_spelling AS s ON s.key = lower(m.stub)
LEFT JOIN base_number AS b ON b.id = coalesce(m.known, s.id);

CREATE OR REPLACE TABLE matched AS
SELECT
    c.rowid AS claim,
    n.number AS child,
    c.evidence,
    c.rule,
    c.field_place,
    c.position,
    t.piece,
    CASE WHEN NOT c.wrong_type AND t.reason IS NULL THEN coalesce(k.number, t.base) END AS base,
    coalesce(k.number IS NOT NULL OR t.known, false) AS known,
    CASE WHEN c.wrong_type THEN 'wrong-type' ELSE t.reason END AS reason,
    CASE WHEN lower(trim(c.relation_as_written)) IN ('finetune', 'adapter', 'quantized', 'merge')
        THEN lower(trim(c.relation_as_written)) END AS label
FROM claim AS c
JOIN numbered AS n ON n.nr = c.nr
LEFT JOIN target AS t ON t.text = c.base_as_written
LEFT JOIN (SELECT k.key, b.number FROM keyed AS k JOIN base_number AS b ON b.id = k.id) AS k ON k.key = c.base_key;

-- Several ids in one text stand in their order; those behind them in a list move up.
UPDATE matched SET position = n.position
FROM (
    SELECT
        m.rowid AS nr,
        row_number() OVER (
            PARTITION BY m.child, m.evidence, m.field_place ORDER BY m.position, m.piece, c.base_as_written
        ) - 1 AS position
    FROM matched AS m
    JOIN claim AS c ON c.rowid = m.claim
    WHERE m.position IS NOT NULL AND m.child IN (SELECT child FROM matched WHERE piece > 0)
) AS n
WHERE matched.rowid = n.nr;

DROP TABLE target;

DROP TABLE base_number;

DROP TABLE meant;

DROP TABLE spelled_model;
