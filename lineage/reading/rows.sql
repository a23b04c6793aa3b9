-- `spelled` (text columns under our names) becomes `rows` and `rejected`.

CREATE OR REPLACE MACRO is_null_word(t) AS coalesce(lower(trim(t)), '') IN ('', 'null', 'none', 'nan');

-- Every value is read here, once, by a rule that says what counts; what does not is null or a reason.
CREATE OR REPLACE TABLE typed AS
SELECT
    trim(s.id) AS id,
    nullif(trim(s.hub_id), '') AS hub_id,
    -- A count is a whole number below 2^53; tables that passed through floats write 12.0.
    CASE WHEN regexp_full_match(trim(s.downloads), '\d{1,15}(\.0+)?')
        THEN try_cast(split_part(trim(s.downloads), '.', 1) AS BIGINT) END AS downloads,
    CASE WHEN regexp_full_match(trim(s.downloads_all_time), '\d{1,15}(\.0+)?')
        THEN try_cast(split_part(trim(s.downloads_all_time), '.', 1) AS BIGINT) END AS downloads_all_time,
    CASE WHEN regexp_full_match(trim(s.likes), '\d{1,15}(\.0+)?')
        THEN try_cast(split_part(trim(s.likes), '.', 1) AS BIGINT) END AS likes,
    -- `infinity` and `epoch` are words that the cast knows and no Hub writes.
    CASE WHEN regexp_matches(s.created_at, '^\s*\d{4}-') THEN try_cast(s.created_at AS TIMESTAMPTZ) END AS created_at,
    CASE WHEN regexp_matches(s.last_modified, '^\s*\d{4}-') THEN try_cast(s.last_modified AS TIMESTAMPTZ) END
        AS last_modified,
    nullif(trim(s.pipeline_tag), '') AS pipeline_tag,
    nullif(trim(s.library_name), '') AS library_name,
    CASE
        WHEN s.tags IS NULL OR trim(s.tags) = '' THEN NULL
        WHEN json_valid(s.tags) AND json_type(s.tags) = 'ARRAY' THEN s.tags
        WHEN l.list IS NOT NULL THEN l.list
        WHEN s.tags LIKE '[%' AND json_valid(replace(s.tags, '''', '"')) THEN replace(s.tags, '''', '"')
    END AS tag_list,
    CASE WHEN json_valid(s.card) AND json_type(s.card) = 'OBJECT' THEN s.card END AS card,
    CASE WHEN json_valid(s.base_models) AND json_type(s.base_models) = 'OBJECT' THEN s.base_models END AS base_models,
    CASE WHEN json_valid(s.config) AND json_type(s.config) = 'OBJECT' THEN s.config END AS config,
    CASE WHEN json_valid(s.siblings) AND json_type(s.siblings) = 'ARRAY' THEN s.siblings END AS siblings,
    s.tags AS tags_text,
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

CREATE OR REPLACE TABLE ranked AS
SELECT
    *,
    CASE WHEN reason IS NULL THEN
        row_number() OVER (
            PARTITION BY reason IS NULL, id
            ORDER BY last_modified DESC NULLS LAST, downloads DESC NULLS LAST, row DESC
        )
    END AS place
FROM (
    -- Only where it decides or is kept: writing every row as JSON would double the time.
    SELECT
        *,
        CASE WHEN reason IS NOT NULL OR count(*) OVER (PARTITION BY id) > 1
            THEN coalesce(problem_text, to_json(struct_pack(/*pairs*/))::VARCHAR) END AS row
    FROM judged
);

CREATE OR REPLACE TABLE rows AS
SELECT
    id, hub_id, downloads, downloads_all_time, likes, created_at, last_modified, pipeline_tag, library_name,
    tags, card, base_models, config, siblings
FROM ranked
WHERE place = 1
ORDER BY id;

CREATE OR REPLACE TABLE rejected AS
SELECT id, coalesce(reason, 'duplicate') AS reason, left(row, 2000) AS row
FROM ranked
WHERE reason IS NOT NULL OR place > 1
ORDER BY reason, id NULLS LAST, row;
