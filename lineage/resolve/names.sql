-- `related`, `rows` and `weights` become `name_claim` (what the name of a repository suggests, and what became of it)
-- and `all_edge`: the edges of every basis. Names are hypotheses; they count under `inferred` only.

CREATE OR REPLACE TABLE repository AS
SELECT id, lower(split_part(id, '/', 1)) AS account, lower(split_part(id, '/', 2)) AS name, created_at, downloads
FROM rows
WHERE contains(id, '/');

-- Every id that there is: of models, and of bases that models name. A base that one model alone names is no
-- witness for that model: else `lineage check-rules` would find what it has hidden.
CREATE OR REPLACE TABLE known_id AS
SELECT id, name, created_at, NULL AS only_child FROM repository
UNION ALL
SELECT base, lower(split_part(base, '/', 2)), NULL, CASE WHEN count(DISTINCT child) = 1 THEN min(child) END
FROM edge
WHERE contains(base, '/') AND base NOT IN (SELECT id FROM rows)
GROUP BY base;

-- Rule quantizer-suffix: what is left without the suffix is the name of exactly one other repository.
CREATE OR REPLACE TABLE by_suffix AS
WITH few AS (SELECT name FROM known_id GROUP BY name HAVING count(*) <= 4)
SELECT w.id AS child, min(k.id) AS base, 'quantizer-suffix' AS rule, 'quantized' AS label
FROM weights AS w
JOIN known_id AS k ON k.name = lower(w.stem)
WHERE w.stem IS NOT NULL AND k.name IN (SELECT name FROM few) AND k.id <> w.id AND k.only_child IS DISTINCT FROM w.id
GROUP BY w.id
HAVING count(*) = 1;

-- Rule author-in-name: `author_-_model`, with or without a suffix, where author/model is there.
CREATE OR REPLACE TABLE by_author AS
SELECT
    r.id AS child,
    k.id AS base,
    'author-in-name' AS rule,
    CASE WHEN w.stem IS NOT NULL THEN 'quantized' ELSE 'copy' END AS label
FROM repository AS r
JOIN weights AS w ON w.id = r.id
JOIN (SELECT lower(id) AS key, min(id) AS id, min(only_child) AS only_child FROM known_id GROUP BY key) AS k
    ON k.key = replace(coalesce(lower(w.stem), r.name), '_-_', '/')
WHERE contains(r.name, '_-_') AND k.id <> r.id AND k.only_child IS DISTINCT FROM r.id;

-- Rule same-name: under another account, older, and with at least twenty models made from it.
CREATE OR REPLACE TABLE by_name AS
WITH popular AS (
    SELECT r.* FROM repository AS r JOIN (
        SELECT base FROM edge GROUP BY base HAVING count(*) >= 20
    ) AS e ON e.base = r.id
    WHERE r.created_at IS NOT NULL
)
SELECT r.id AS child, min(p.id) AS base, 'same-name' AS rule, 'copy' AS label
FROM repository AS r
JOIN popular AS p ON p.name = r.name AND p.account <> r.account AND p.created_at < r.created_at
GROUP BY r.id
HAVING count(*) = 1;

-- Two rules that name two bases make a name ambiguous; then it says nothing.
CREATE OR REPLACE TABLE name_claim AS
WITH said AS (
    SELECT s.*, c.created_at < b.created_at AS older
    FROM (FROM by_suffix UNION ALL FROM by_author UNION ALL FROM by_name) AS s
    JOIN rows AS c ON c.id = s.child
    LEFT JOIN rows AS b ON b.id = s.base
)
SELECT
    child, base, rule, label,
    CASE
        WHEN child IN (SELECT child FROM related WHERE basis = 'declared') THEN 'declared'
        WHEN child IN (SELECT child FROM related) THEN 'stated'
        WHEN rule NOT IN (SELECT unnest(getvariable('rules_on'))) THEN 'rule-off'
        WHEN older THEN 'older-than-base'
        WHEN count(DISTINCT base) FILTER (rule IN (SELECT unnest(getvariable('rules_on')))) OVER (PARTITION BY child) > 1
            THEN 'ambiguous'
    END AS reason
FROM said;

-- Rule nearer: STEM + suffix whose own account hosts STEM, where STEM derives from the declared base, hangs on
-- STEM: quantizers copy the card of what they quantize, and with it its base.
CREATE OR REPLACE TABLE nearer AS
WITH RECURSIVE candidate AS (
    SELECT e.child, e.base, n.id AS near, e.relation_stated
    FROM related AS e
    JOIN weights AS w ON w.id = e.child AND w.stem IS NOT NULL
    JOIN repository AS c ON c.id = e.child
    JOIN repository AS n ON n.account = c.account AND n.name = lower(w.stem)
    WHERE e.basis = 'declared' AND n.id NOT IN (e.child, e.base) AND 'nearer' IN (SELECT unnest(getvariable('rules_on')))
),
above AS (
    SELECT DISTINCT near, near AS up FROM candidate
    UNION
    SELECT a.near, e.base FROM above AS a JOIN related AS e ON e.child = a.up AND e.basis = 'declared'
)
SELECT c.child, c.base, min(c.near) AS near, any_value(coalesce(c.relation_stated, 'quantized')) AS label
FROM candidate AS c
JOIN above AS a ON a.near = c.near AND a.up = c.base
-- A repository that already names STEM beside the base says more than its name does.
WHERE (c.child, c.near) NOT IN (SELECT (child, base) FROM related)
    AND NOT EXISTS (FROM above AS round WHERE round.near = c.near AND round.up = c.child)
GROUP BY c.child, c.base;

INSERT INTO name_claim SELECT DISTINCT child, near, 'nearer', label, NULL FROM nearer;

-- Rule copy: a declared base of the same name under another account, labelled fine-tune or not at all.
CREATE OR REPLACE TABLE copied AS
SELECT e.child, e.base
FROM related AS e
WHERE e.basis = 'declared' AND coalesce(e.relation_stated, 'finetune') = 'finetune'
    AND contains(e.child, '/') AND contains(e.base, '/')
    AND lower(split_part(e.child, '/', 2)) = lower(split_part(e.base, '/', 2))
    AND lower(split_part(e.child, '/', 1)) <> lower(split_part(e.base, '/', 1))
    AND 'copy' IN (SELECT unnest(getvariable('rules_on')));

INSERT INTO name_claim SELECT child, base, 'copy', 'copy', NULL FROM copied;

CREATE OR REPLACE TABLE all_edge AS
WITH inferred AS (
    SELECT child, base, min(label) AS label, min(rule) AS rule
    FROM name_claim
    WHERE reason IS NULL AND rule <> 'copy'
    GROUP BY child, base
),
every AS (
    SELECT
        r.child, r.base, r.relation, r.relation_stated,
        CASE WHEN c.child IS NOT NULL THEN 'copy' ELSE r.relation_stated END AS relation_inferred,
        r.corrected, r.evidence, r.rule, r.basis, n.child IS NOT NULL AS replaced, r.conflict, r.position
    FROM related AS r
    LEFT JOIN copied AS c ON c.child = r.child AND c.base = r.base
    LEFT JOIN nearer AS n ON n.child = r.child AND n.base = r.base
    UNION ALL
    SELECT child, base, NULL, NULL, label, false, 'name', rule, 'inferred', false, false, NULL FROM inferred
)
SELECT
    *,
    row_number() OVER (
        PARTITION BY child
        ORDER BY CASE basis WHEN 'declared' THEN 0 WHEN 'stated' THEN 1 ELSE 2 END, position NULLS LAST, base
    ) - 1 AS place
FROM every
ORDER BY child, place;

CREATE OR REPLACE TABLE edge AS
SELECT child, base, relation, position, place FROM all_edge WHERE basis = 'declared';

CREATE OR REPLACE TABLE claims AS
SELECT
    child, base_as_written, relation_as_written, evidence, rule, position, base,
    CASE
        WHEN base IS NULL THEN 'rejected'
        WHEN reason IS NOT NULL THEN 'dropped'
        WHEN is_alias THEN 'alias'
        ELSE 'edge'
    END AS outcome,
    reason
FROM judged_claim
UNION ALL
SELECT child, base, label, 'name', rule, NULL, base, CASE WHEN reason IS NULL THEN 'edge' ELSE 'dropped' END, reason
FROM name_claim
ORDER BY
    child, evidence, rule NULLS FIRST, position NULLS LAST, base_as_written, relation_as_written NULLS LAST, base;
