-- `rows` becomes `claim`: every place where a model names a base, as it is written there.

CREATE OR REPLACE TABLE tag_claim AS
WITH tag AS (
    SELECT DISTINCT id AS child, substr(t, 12) AS rest
    FROM (SELECT id, unnest(tags) AS t FROM rows)
    WHERE starts_with(t, 'base_model:')
),
-- `base_model:<word>:ID`. A word that is none of the four still is a label if an id follows it;
-- else the colon belongs to the text (`org/a:main`, `https://…`).
split AS (
    SELECT
        child,
        rest,
        CASE WHEN contains(rest, ':') THEN trim(split_part(rest, ':', 1)) END AS word,
        CASE WHEN contains(rest, ':') THEN substr(rest, position(':' IN rest) + 1) END AS after
    FROM tag
),
typed AS (
    SELECT
        child,
        rest,
        coalesce(
            word IS NOT NULL
            AND (
                lower(word) IN ('finetune', 'adapter', 'quantized', 'merge')
                OR (
                    NOT contains(word, '/') AND contains(after, '/')
                    AND lower(word) NOT IN ('http', 'https', 'hf', 'ssh', 'git')
                )
            ),
            false
        ) AS labelled,
        word,
        after
    FROM split
),
plain AS (SELECT child, rest, lower(trim(rest)) AS key FROM typed WHERE NOT labelled),
labelled AS (SELECT child, after AS base, word, lower(trim(after)) AS key FROM typed WHERE labelled)
SELECT
    l.child,
    l.base AS base_as_written,
    l.word AS relation_as_written,
    -- Without its untyped twin a typed tag was written by hand, not by the Hub.
    CASE WHEN p.key IS NULL THEN 'tag-author' ELSE 'tag' END AS evidence
FROM labelled AS l
LEFT JOIN (SELECT DISTINCT child, key FROM plain) AS p ON p.child = l.child AND p.key = l.key
UNION ALL
-- An untyped tag beside its typed twin says nothing more; alone, it is a claim without a label.
SELECT p.child, p.rest, NULL, 'tag'
FROM plain AS p
WHERE NOT EXISTS (FROM labelled AS l WHERE l.child = p.child AND l.key = p.key);

-- The text of an id inside JSON: a string, or an object that names one under the usual keys.
CREATE OR REPLACE MACRO named(j) AS CASE json_type(j)
    WHEN 'VARCHAR' THEN j ->> '$'
    WHEN 'OBJECT' THEN coalesce(
        j ->> '$.id', j ->> '$.model', j ->> '$.name', j ->> '$.repo', j ->> '$.repo_id', j ->> '$.base_model'
    )
END;

CREATE OR REPLACE TABLE card_claim AS
WITH field AS (
    SELECT id AS child, card -> '$.base_model' AS base, card -> '$.base_model_relation' AS relation
    FROM rows
    WHERE card IS NOT NULL
),
item AS (
    SELECT
        child,
        relation,
        unnest(CASE WHEN json_type(base) = 'ARRAY' THEN from_json(base, '["JSON"]') ELSE [base] END) AS base,
        generate_subscripts(
            CASE WHEN json_type(base) = 'ARRAY' THEN from_json(base, '["JSON"]') ELSE [base] END, 1
        ) - 1 AS position
    FROM field
    WHERE base IS NOT NULL AND json_type(base) <> 'NULL'
)
SELECT
    child,
    coalesce(named(base), base::VARCHAR) AS base_as_written,
    CASE WHEN json_type(relation) = 'VARCHAR' THEN relation ->> '$'
        WHEN json_type(relation) <> 'NULL' THEN relation::VARCHAR END AS relation_as_written,
    position,
    named(base) IS NULL AS wrong_type
FROM item
WHERE json_type(base) <> 'NULL';

CREATE OR REPLACE TABLE hub_claim AS
SELECT
    id AS child,
    unnest(from_json(base_models -> '$.models', '["JSON"]')) AS base,
    base_models ->> '$.relation' AS relation_as_written,
    generate_subscripts(from_json(base_models -> '$.models', '["JSON"]'), 1) - 1 AS position
FROM rows
WHERE json_type(base_models -> '$.models') = 'ARRAY';

CREATE OR REPLACE TABLE claim AS
SELECT DISTINCT * FROM (
    SELECT child, base_as_written, relation_as_written, evidence, NULL::INTEGER AS position, false AS wrong_type
    FROM tag_claim
    UNION ALL
    SELECT child, base_as_written, relation_as_written, 'card', position::INTEGER, wrong_type FROM card_claim
    UNION ALL
    SELECT child, coalesce(named(base), base::VARCHAR), relation_as_written, 'hub', position::INTEGER, named(base) IS NULL
    FROM hub_claim
    WHERE json_type(base) <> 'NULL'
    UNION ALL
    SELECT id, config ->> '$.peft.base_model_name_or_path', NULL, 'config', NULL, false
    FROM rows
    WHERE json_type(config -> '$.peft.base_model_name_or_path') = 'VARCHAR'
);
