-- `claim` + `written` (text → normalised text or reason) + `rows` + `legacy` become `matched`:
-- every claim with the id that it names, or the reason why it names none.

-- One spelling for each way of writing an id in small letters: the first A–Z.
CREATE OR REPLACE TABLE spelling AS SELECT lower(id) AS key, min(id) AS id FROM rows GROUP BY key;

CREATE OR REPLACE TABLE meant AS
SELECT
    w.text,
    coalesce(exact.id, folded.id, legacy_exact.id, legacy_folded.id) AS known,
    -- What is not in the snapshot is a stub; an ownerless name only where it is known to have been an id.
    CASE WHEN known IS NULL AND (contains(w.id, '/') OR l.id IS NOT NULL) THEN coalesce(l.id, w.id) END AS stub,
    CASE
        WHEN w.reason IS NOT NULL THEN w.reason
        WHEN known IS NULL AND NOT contains(w.id, '/') AND l.id IS NULL THEN 'ownerless'
    END AS reason
FROM written AS w
LEFT JOIN rows AS exact ON exact.id = w.id
LEFT JOIN spelling AS folded ON folded.key = lower(w.id)
LEFT JOIN legacy AS l ON NOT contains(w.id, '/') AND l.key = lower(w.id)
LEFT JOIN rows AS legacy_exact ON legacy_exact.id = l.id
LEFT JOIN spelling AS legacy_folded ON legacy_folded.key = lower(l.id);

-- A stub is spelled as most models spell it, ties A–Z.
CREATE OR REPLACE TABLE stub_spelling AS
SELECT lower(stub) AS key, arg_max(stub, (models, -place)) AS id
FROM (
    SELECT
        m.stub,
        count(DISTINCT c.child) AS models,
        row_number() OVER (PARTITION BY lower(m.stub) ORDER BY m.stub) AS place
    FROM claim AS c
    JOIN meant AS m ON m.text = c.base_as_written
    WHERE m.stub IS NOT NULL AND NOT c.wrong_type
    GROUP BY m.stub
)
GROUP BY key;

CREATE OR REPLACE TABLE matched AS
SELECT
    c.child,
    c.base_as_written,
    c.relation_as_written,
    c.evidence,
    c.position,
    CASE WHEN NOT c.wrong_type AND m.reason IS NULL THEN coalesce(m.known, s.id) END AS base,
    m.known IS NOT NULL AS known,
    CASE WHEN c.wrong_type THEN 'wrong-type' ELSE m.reason END AS reason,
    CASE WHEN lower(trim(c.relation_as_written)) IN ('finetune', 'adapter', 'quantized', 'merge')
        THEN lower(trim(c.relation_as_written)) END AS label
FROM claim AS c
LEFT JOIN meant AS m ON m.text = c.base_as_written
LEFT JOIN stub_spelling AS s ON s.key = lower(m.stub);
