-- `spelled` (text columns under our names) becomes `rows` and `rejected`.

CREATE OR REPLACE MACRO is_null_word(t) AS coalesce(lower(trim(t)), '') IN ('', 'null', 'none', 'nan');

-- One text, or a list of them in JSON or as Python writes it.
CREATE OR REPLACE MACRO listed(t) AS CASE
    WHEN json_valid(t) AND json_type(t) = 'ARRAY' THEN t::JSON
    WHEN t LIKE '[%' AND json_valid(replace(t, chr(39), chr(34))) THEN replace(t, chr(39), chr(34))::JSON
    WHEN t IS NOT NULL THEN to_json(t)
END;

-- Every value is read here, once, by a rule that says what counts; what does not is null or a reason.
CREATE OR REPLACE TABLE typed AS
SELECT
    trim(s.id) AS id,
    nullif(trim(s.hub_id), '') AS hub_id,
    -- A count is a whole number of at most 18 digits; tables that passed through floats write 12.0.
    CASE WHEN regexp_full_match(trim(s.downloads), '\d{1,18}(\.0+)?')
        THEN try_cast(split_part(trim(s.downloads), '.', 1) AS BIGINT) END AS downloads,
    CASE WHEN regexp_full_match(trim(s.downloads_all_time), '\d{1,18}(\.0+)?')
        THEN try_cast(split_part(trim(s.downloads_all_time), '.', 1) AS BIGINT) END AS downloads_all_time,
    CASE WHEN regexp_full_match(trim(s.likes), '\d{1,18}(\.0+)?')
        THEN try_cast(split_part(trim(s.likes), '.', 1) AS BIGINT) END AS likes,
    -- `infinity` and `epoch` are words that the cast knows and no Hub writes.
    CASE WHEN regexp_matches(s.created_at, '^\s*\d{4}-') THEN try_cast(s.created_at AS TIMESTAMPTZ) END AS created_at,
    CASE WHEN regexp_matches(s.last_modified, '^\s*\d{4}-') THEN try_cast(s.last_modified AS TIMESTAMPTZ) END
        AS last_modified,
    CASE WHEN NOT is_null_word(s.pipeline_tag) THEN trim(s.pipeline_tag) END AS pipeline_tag,
    CASE WHEN NOT is_null_word(s.library_name) THEN trim(s.library_name) END AS library_name,
    CASE
        WHEN s.tags IS NULL OR trim(s.tags) = '' THEN NULL
        WHEN json_valid(s.tags) AND json_type(s.tags) = 'ARRAY' THEN s.tags
        WHEN l.list IS NOT NULL THEN l.list
        WHEN s.tags LIKE '[%' AND json_valid(replace(s.tags, '''', '"')) THEN replace(s.tags, '''', '"')
    END AS tag_list,
    CASE
        WHEN json_valid(s.card) AND json_type(s.card) = 'OBJECT' THEN s.card
        WHEN coalesce(s.base_model, s.license) IS NOT NULL THEN json_object(
            'base_model', listed(s.base_model), 'base_model_relation', s.base_model_relation,
            'license', listed(s.license)
        )::VARCHAR
    END AS card,
    CASE
        WHEN json_valid(s.base_models) AND json_type(s.base_models) = 'OBJECT'
            AND json_type(s.base_models -> '$.models') = 'ARRAY' THEN s.base_models
        WHEN json_valid(s.base_models) AND json_type(s.base_models) = 'ARRAY'
            THEN json_object('models', s.base_models::JSON)::VARCHAR
    END AS base_models,
    CASE WHEN json_valid(s.config) AND json_type(s.config) = 'OBJECT' THEN s.config END AS config,
    CASE WHEN json_valid(s.siblings) AND json_type(s.siblings) = 'ARRAY' THEN s.siblings END AS siblings,
    s.tags AS tags_text,
    s.base_models AS base_models_text,
    s.card AS card_text,
    s.downloads AS downloads_text,
    s.downloads_all_time AS downloads_all_time_text,
    s.created_at AS created_at_text,
    s.last_modified AS last_modified_text,
    s.problem,
    s.problem_text
FROM spelled AS s
LEFT JOIN literal AS l ON l.text = s.tags;

CREATE OR REPLACE TABLE judged AS
SELECT
    row_number() OVER () AS nr,
    * EXCLUDE (tag_list),
    -- JSON null and numbers inside a tag list are nobody's tags.
    list_transform(
        list_filter(from_json(tag_list, '["JSON"]'), lambda t: json_type(t) = 'VARCHAR'), lambda t: t ->> '$'
    ) AS tags,
    CASE
        WHEN problem IS NOT NULL THEN problem
        WHEN coalesce(id, '') = '' THEN 'no-id'
        WHEN NOT regexp_full_match(id, getvariable('id_syntax')) OR regexp_matches(id, '(^|/)\.+(/|$)') THEN 'bad-id'
        WHEN downloads IS NULL AND NOT is_null_word(downloads_text) THEN 'bad-downloads'
        WHEN downloads_all_time IS NULL AND NOT is_null_word(downloads_all_time_text) THEN 'bad-downloads'
    END AS reason
FROM typed;
