-- `rows` of one part are asked for `claim`: every place where a model names a base, as it is written there.

-- `base_model:<word>:ID`. A word that is none of the four still is a label if an id follows it; else the colon belongs
-- to the text (`org/a:main`, `https://…`).
CREATE OR REPLACE MACRO label_before(rest) AS CASE
    WHEN lower(trim(split_part(rest, ':', 1))) IN ('finetune', 'adapter', 'quantized', 'merge') AND contains(rest, ':')
        THEN trim(split_part(rest, ':', 1))
    WHEN contains(rest, ':') AND NOT contains(trim(split_part(rest, ':', 1)), '/')
        AND contains(substr(rest, position(':' IN rest) + 1), '/')
        AND lower(trim(split_part(rest, ':', 1))) NOT IN ('http', 'https', 'hf', 'ssh', 'git')
        THEN trim(split_part(rest, ':', 1))
END;

CREATE OR REPLACE TABLE tag_claim AS
WITH tag AS (
    SELECT nr, unnest(list_distinct(list_filter(tags, lambda t: starts_with(t, 'base_model:')))) AS tag
    FROM rows
    WHERE contains(array_to_string(tags, chr(10)), 'base_model:')
),
typed AS (
    SELECT
        nr,
        substr(tag, 12) AS rest,
        label_before(rest) AS word,
        CASE WHEN word IS NULL THEN rest ELSE substr(rest, position(':' IN rest) + 1) END AS base,
        lower(trim(base)) AS key
    FROM tag
),
-- What a model's tags say of one id, with a label and without: two by two, as the Hub writes them.
met AS (
    SELECT
        nr, key,
        count(*) FILTER (word IS NULL) AS plain,
        count(*) FILTER (word IS NOT NULL) AS labelled,
        list({'base': base, 'word': word}) AS said
    FROM typed
    GROUP BY nr, key
),
each AS (SELECT nr, plain, labelled, unnest(said) AS said FROM met)
SELECT
    nr,
    said.base AS base_as_written,
    said.word AS relation_as_written,
    -- Without its untyped twin a typed tag was written by hand, not by the Hub.
    CASE WHEN said.word IS NOT NULL AND plain = 0 THEN 'tag-author' ELSE 'tag' END AS evidence
FROM each
-- An untyped tag beside its typed twin says nothing more; alone, it is a claim without a label.
WHERE said.word IS NOT NULL OR labelled = 0;

-- The text of an id inside JSON: a string, or an object that names one under the usual keys.
CREATE OR REPLACE MACRO named(j) AS CASE json_type(j)
    WHEN 'VARCHAR' THEN j ->> '$'
    WHEN 'OBJECT' THEN coalesce(
        j ->> '$.id', j ->> '$.repo_id', j ->> '$.model_id', j ->> '$.model', j ->> '$.repo', j ->> '$.repo_url',
        j ->> '$.url', j ->> '$.base_model', j ->> '$.name'
    )
END;

-- A list as it is; anything else as a list of one.
CREATE OR REPLACE MACRO items(j) AS CASE WHEN json_type(j) = 'ARRAY' THEN from_json(j, '["JSON"]') ELSE [j] END;

-- The fields of a card that name a base, best first: the Hub's own, then what other programs write.
CREATE OR REPLACE TABLE card_claim AS
WITH told AS (
    SELECT
        nr,
        json_extract(card, ['$.base_model', '$.base_models', '$.base_model_sources', '$.model_link']) AS told,
        card -> '$.base_model_relation' AS relation
    FROM rows
    WHERE contains(card, '"base_model') OR contains(card, '"model_link"')
),
fields AS (
    SELECT
        nr,
        unnest(['base_model', 'base_models', 'base_model_sources', 'model_link']) AS field,
        unnest(told) AS base,
        unnest([0, 1, 2, 3]) AS field_place,
        relation
    FROM told
),
item AS (
    SELECT
        nr, field, field_place, relation,
        unnest(items(base)) AS base,
        generate_subscripts(items(base), 1) - 1 AS position
    FROM fields
    WHERE base IS NOT NULL AND json_type(base) <> 'NULL'
)
SELECT
    nr,
    coalesce(named(base), base::VARCHAR) AS base_as_written,
    CASE
        WHEN json_type(relation) = 'VARCHAR' THEN relation ->> '$'
        WHEN json_type(relation) = 'ARRAY' AND json_array_length(relation) = 1 THEN relation ->> '$[0]'
        WHEN json_type(relation) <> 'NULL' THEN relation::VARCHAR
    END AS relation_as_written,
    position,
    named(base) IS NULL AS wrong_type,
    CASE WHEN field_place > 0 THEN field END AS rule,
    field_place
FROM item
WHERE json_type(base) <> 'NULL';

CREATE OR REPLACE TABLE hub_claim AS
SELECT
    nr,
    unnest(from_json(base_models -> '$.models', '["JSON"]')) AS base,
    base_models ->> '$.relation' AS relation_as_written,
    generate_subscripts(from_json(base_models -> '$.models', '["JSON"]'), 1) - 1 AS position
FROM rows
WHERE json_type(base_models -> '$.models') = 'ARRAY';

-- A list of edges is somebody's table of declared bases; it has no order.
CREATE OR REPLACE TABLE listed_claim AS
SELECT nr, item ->> '$.base' AS base_as_written, item ->> '$.relation' AS relation_as_written
FROM (SELECT nr, unnest(from_json(listed, '["JSON"]')) AS item FROM rows WHERE listed IS NOT NULL);

-- `hub_id` of the base as the Hub resolved it; `field_place` 0 except for a card's lesser fields.
CREATE TABLE IF NOT EXISTS claim (
    nr BIGINT, base_as_written VARCHAR, relation_as_written VARCHAR, evidence VARCHAR, rule VARCHAR, position INTEGER,
    wrong_type BOOLEAN, field_place INTEGER, base_key VARCHAR
);

INSERT INTO claim
SELECT * FROM (
    SELECT
        nr, base_as_written, relation_as_written, evidence, NULL::VARCHAR AS rule, NULL::INTEGER AS position,
        false AS wrong_type, 0 AS field_place, NULL::VARCHAR AS base_key
    FROM tag_claim
    UNION ALL
    SELECT
        nr, base_as_written, relation_as_written, 'card', rule, position::INTEGER, wrong_type, field_place, NULL
    FROM card_claim
    UNION ALL
    SELECT
        nr, coalesce(named(base), base::VARCHAR), relation_as_written, 'hub', NULL, position::INTEGER,
        named(base) IS NULL, 0, CASE WHEN json_type(base) = 'OBJECT' THEN base ->> '$._id' END
    FROM hub_claim
    WHERE json_type(base) <> 'NULL'
    UNION ALL
    SELECT nr, config ->> '$.peft.base_model_name_or_path', NULL, 'config', NULL, NULL, false, 0, NULL
    FROM rows
    WHERE CASE WHEN contains(config, '"peft"') AND json_valid(config)
        THEN json_type(config, '$.peft.base_model_name_or_path') = 'VARCHAR' END
    UNION ALL
    SELECT DISTINCT nr, base_as_written, relation_as_written, 'card', 'edge-list', NULL, false, 0, NULL FROM listed_claim
    UNION ALL
    SELECT DISTINCT r.nr, t.base, t.relation, 'text', t.rule, NULL, false, 0, NULL
    FROM text_claim AS t JOIN rows AS r ON r.nr = t.nr
);

-- What waits for its end (`contender`) keeps what its card says.
DELETE FROM text_claim WHERE nr IN (SELECT nr FROM rows);

DROP TABLE tag_claim;
DROP TABLE card_claim;
DROP TABLE hub_claim;
DROP TABLE listed_claim;
