-- `claim` + `written` (text → the ids that it names, or a reason) + `rows` + `renamed` + `legacy` become `matched`:
-- every claim with the id that it names, or the reason why it names none.

-- One spelling for each way of writing an id in small letters: the first A–Z.
CREATE OR REPLACE TABLE spelling AS SELECT lower(id) AS key, min(id) AS id FROM rows GROUP BY key;

-- What a base was called before: two rows of one repository, or the Hub's own `_id` beside a name of old.
CREATE OR REPLACE TABLE former AS
WITH by_key AS (SELECT hub_key AS key, min(id) AS id FROM rows WHERE hub_key IS NOT NULL GROUP BY hub_key),
said AS (
    SELECT lower(old) AS key, new AS id FROM renamed
    UNION
    SELECT lower(w.id), k.id
    FROM claim AS c
    JOIN by_key AS k ON k.key = c.base_key
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
LEFT JOIN rows AS exact ON exact.id = w.id
LEFT JOIN spelling AS folded ON folded.key = lower(w.id)
LEFT JOIN former AS f ON f.key = lower(w.id)
LEFT JOIN legacy AS l ON NOT contains(w.id, '/') AND l.key = lower(w.id)
LEFT JOIN rows AS legacy_exact ON legacy_exact.id = l.id
LEFT JOIN spelling AS legacy_folded ON legacy_folded.key = lower(l.id);

-- A stub is spelled as most models spell it, ties A–Z; prose has no say where a declared claim names it.
CREATE OR REPLACE TABLE stub_spelling AS
SELECT key, arg_max(stub, (declared, models, -place)) AS id
FROM (
    SELECT
        m.stub,
        lower(m.stub) AS key,
        c.evidence <> 'text' AS declared,
        count(DISTINCT c.child) AS models,
        row_number() OVER (PARTITION BY lower(m.stub) ORDER BY m.stub) AS place
    FROM claim AS c
    JOIN meant AS m ON m.text = c.base_as_written
    WHERE m.stub IS NOT NULL AND NOT c.wrong_type
    GROUP BY m.stub, declared
)
GROUP BY key;

CREATE OR REPLACE TABLE matched AS
SELECT
    c.child,
    c.base_as_written,
    c.relation_as_written,
    c.evidence,
    c.rule,
    c.field_place,
    c.position,
    m.piece,
    CASE WHEN NOT c.wrong_type AND m.reason IS NULL THEN coalesce(k.id, m.known, s.id) END AS base,
    coalesce(k.id, m.known) IS NOT NULL AS known,
    CASE WHEN c.wrong_type THEN 'wrong-type' ELSE m.reason END AS reason,
    CASE WHEN lower(trim(c.relation_as_written)) IN ('finetune', 'adapter', 'quantized', 'merge')
        THEN lower(trim(c.relation_as_written)) END AS label
FROM claim AS c
LEFT JOIN meant AS m ON m.text = c.base_as_written
LEFT JOIN stub_spelling AS s ON s.key = lower(m.stub)
LEFT JOIN (SELECT hub_key, min(id) AS id FROM rows WHERE hub_key IS NOT NULL GROUP BY hub_key) AS k
    ON k.hub_key = c.base_key;

-- Several ids in one text stand in their order; those behind them in a list move up.
UPDATE matched SET position = n.position
FROM (
    SELECT
        rowid AS nr,
        row_number() OVER (PARTITION BY child, evidence, field_place ORDER BY position, piece, base_as_written) - 1
            AS position
    FROM matched
    WHERE position IS NOT NULL AND child IN (SELECT child FROM matched WHERE piece > 0)
) AS n
WHERE matched.rowid = n.nr;

DROP TABLE claim;
