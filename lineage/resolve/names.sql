-- `related`, `model` and `numbered` become `name_claim` (what the name of a repository suggests, and what became of it)
-- and `all_edge`: the edges of every basis. Names are hypotheses; they count under `inferred` only.

-- What is left of a name without a quantizer's suffix.
CREATE OR REPLACE TABLE stem AS
SELECT n.number AS child, lower(m.stem) AS name
FROM model AS m
JOIN numbered AS n ON n.nr = m.nr
WHERE m.stem IS NOT NULL;

-- Every id that there is: of models, and of bases that models name. A base that one model alone names is no
-- witness for that model: else `lineage check-rules` would find what it has hidden.
CREATE OR REPLACE TABLE known_stub AS
SELECT n.number, n.id, CASE WHEN count(DISTINCT e.child) = 1 THEN min(e.child) END AS only_child
FROM edge AS e
JOIN numbered AS n ON n.number = e.base AND n.nr IS NULL
WHERE contains(n.id, '/')
GROUP BY n.number, n.id;

CREATE OR REPLACE VIEW known_id AS
SELECT number, id, NULL AS only_child FROM numbered WHERE nr IS NOT NULL AND contains(id, '/')
UNION ALL
FROM known_stub;

-- Rule quantizer-suffix: what is left without the suffix is the name of exactly one other repository.
CREATE OR REPLACE TABLE by_suffix AS
WITH named AS (
    SELECT number, only_child, lower(split_part(id, '/', 2)) AS name
    FROM known_id
    WHERE lower(split_part(id, '/', 2)) IN (SELECT name FROM stem)
),
few AS (SELECT name FROM named GROUP BY name HAVING count(*) <= 4)
SELECT w.child, min(k.number) AS base, 'quantizer-suffix' AS rule, 'quantized' AS label
FROM stem AS w
JOIN named AS k ON k.name = w.name
WHERE k.name IN (FROM few) AND k.number <> w.child AND k.only_child IS DISTINCT FROM w.child
GROUP BY w.child
HAVING count(*) = 1;

-- Rule author-in-name: `author_-_model`, with or without a suffix, where author/model is there.
CREATE OR REPLACE TABLE by_author AS
WITH joined AS (
    SELECT
        n.number AS child,
        replace(coalesce(w.name, lower(split_part(n.id, '/', 2))), '_-_', '/') AS key,
        CASE WHEN w.name IS NOT NULL THEN 'quantized' ELSE 'copy' END AS label
    FROM numbered AS n
    LEFT JOIN stem AS w ON w.child = n.number
    WHERE n.nr IS NOT NULL AND contains(split_part(n.id, '/', 2), '_-_')
),
written AS (
    SELECT lower(id) AS key, min(number) AS number, min(only_child) AS only_child
    FROM known_id
    WHERE lower(id) IN (SELECT key FROM joined)
    GROUP BY 1
)
SELECT j.child, k.number AS base, 'author-in-name' AS rule, j.label
FROM joined AS j
JOIN written AS k ON k.key = j.key
WHERE k.number <> j.child AND k.only_child IS DISTINCT FROM j.child;

-- Rule same-name: under another account, older, and with at least twenty models made from it.
CREATE OR REPLACE TABLE by_name AS
WITH popular AS (
    SELECT n.number, lower(split_part(n.id, '/', 1)) AS account, lower(split_part(n.id, '/', 2)) AS name, m.created_at
    FROM (SELECT base FROM edge GROUP BY base HAVING count(*) >= 20) AS e
    JOIN numbered AS n ON n.number = e.base
    JOIN model AS m ON m.nr = n.nr
    WHERE m.created_at IS NOT NULL AND contains(n.id, '/')
),
alike AS (
    SELECT n.number, lower(split_part(n.id, '/', 1)) AS account, lower(split_part(n.id, '/', 2)) AS name, n.nr
    FROM numbered AS n
    WHERE n.nr IS NOT NULL AND contains(n.id, '/') AND lower(split_part(n.id, '/', 2)) IN (SELECT name FROM popular)
)
SELECT r.number AS child, min(p.number) AS base, 'same-name' AS rule, 'copy' AS label
FROM alike AS r
JOIN model AS m ON m.nr = r.nr
JOIN popular AS p ON p.name = r.name AND p.account <> r.account AND p.created_at < m.created_at
GROUP BY r.number
HAVING count(*) = 1;

-- Two rules that name two bases make a name ambiguous; then it says nothing.
CREATE OR REPLACE TABLE name_claim AS
WITH found AS (FROM by_suffix UNION ALL FROM by_author UNION ALL FROM by_name),
made AS (
    SELECT n.number, m.created_at
    FROM numbered AS n
    JOIN model AS m ON m.nr = n.nr
    WHERE n.number IN (SELECT child FROM found UNION ALL SELECT base FROM found)
),
said AS (
    SELECT s.*, c.created_at < b.created_at AS older
    FROM found AS s
    JOIN made AS c ON c.number = s.child
    LEFT JOIN made AS b ON b.number = s.base
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
WITH RECURSIVE own AS (
    SELECT w.child, lower(split_part(n.id, '/', 1)) || '/' || w.name AS key
    FROM stem AS w
    JOIN numbered AS n ON n.number = w.child
    WHERE contains(n.id, '/') AND 'nearer' IN (SELECT unnest(getvariable('rules_on')))
        AND w.child IN (SELECT child FROM related WHERE basis = 'declared')
),
hosted AS (
    SELECT o.child, n.number AS near
    FROM (SELECT number, lower(id) AS key FROM numbered WHERE nr IS NOT NULL AND lower(id) IN (SELECT key FROM own)) AS n
    JOIN own AS o ON o.key = n.key
),
candidate AS (
    SELECT e.child, e.base, h.near, e.relation_stated
    FROM related AS e
    JOIN hosted AS h ON h.child = e.child
    WHERE e.basis = 'declared' AND h.near NOT IN (e.child, e.base)
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
WHERE NOT EXISTS (FROM related AS r WHERE r.child = c.child AND r.base = c.near)
    AND NOT EXISTS (FROM above AS round WHERE round.near = c.near AND round.up = c.child)
GROUP BY c.child, c.base;

INSERT INTO name_claim SELECT DISTINCT child, near, 'nearer', label, NULL FROM nearer;

-- Rule copy: a declared base of the same name under another account, labelled fine-tune or not at all.
CREATE OR REPLACE TABLE copied AS
SELECT e.child, e.base
FROM related AS e
JOIN numbered AS c ON c.number = e.child
JOIN numbered AS b ON b.number = e.base
WHERE e.basis = 'declared' AND coalesce(e.relation_stated, 'finetune') = 'finetune'
    AND contains(c.id, '/') AND contains(b.id, '/')
    AND lower(split_part(c.id, '/', 2)) = lower(split_part(b.id, '/', 2))
    AND lower(split_part(c.id, '/', 1)) <> lower(split_part(b.id, '/', 1))
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
FROM every;

CREATE OR REPLACE TABLE edge AS
SELECT child, base, relation, position, place FROM all_edge WHERE basis = 'declared';

-- `child` and `base` are still numbers here.
CREATE OR REPLACE TABLE claims AS
SELECT
    j.child, c.base_as_written, c.relation_as_written, j.evidence, j.rule, j.position, j.base,
    CASE
        WHEN j.base IS NULL THEN 'rejected'
        WHEN j.reason IS NOT NULL THEN 'dropped'
        WHEN j.is_alias THEN 'alias'
        ELSE 'edge'
    END AS outcome,
    j.reason
FROM judged_claim AS j
JOIN claim AS c ON c.rowid = j.claim
UNION ALL
SELECT n.child, i.id, n.label, 'name', n.rule, NULL, n.base, CASE WHEN reason IS NULL THEN 'edge' ELSE 'dropped' END, reason
FROM name_claim AS n
JOIN numbered AS i ON i.number = n.base;

-- What led here is not needed any more, and is larger than all that is.
DROP TABLE claim;

DROP TABLE matched;

DROP TABLE settled;

DROP TABLE judged_claim;

DROP TABLE stem;

DROP TABLE related;
