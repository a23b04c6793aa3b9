-- `spelled` (text columns under our names), `literal` and `card_read` become `judged`: typed values, and a
-- reason where a record is no model. One part of the input at a time.

-- Every value is read here, once, by a rule that says what counts; what does not is null or a reason.
CREATE OR REPLACE TABLE judged AS
WITH read AS (
    SELECT
        getvariable('first_nr') + s.rowid AS nr,
        date_and_time(s.seen_at) AS seen_at,
        trim(s.id) AS id,
        nullif(trim(s.hub_id), '') AS hub_id,
        whole_number(s.downloads) AS downloads,
        whole_number(s.downloads_all_time) AS downloads_all_time,
        whole_number(s.likes) AS likes,
        date_and_time(s.created_at) AS created_at,
        date_and_time(s.last_modified) AS last_modified,
        s.pipeline_tag, s.library_name, s.card AS card_text,
        lists_texts(s.tags) AS lists_texts,
        CASE
            WHEN s.tags IS NULL OR trim(s.tags) = '' THEN NULL
            WHEN lists_texts OR json_valid(s.tags) AND json_type(s.tags) = 'ARRAY' THEN s.tags
            WHEN l.json IS NOT NULL THEN of_type(l.json, 'ARRAY')
            WHEN s.tags LIKE '[%' AND json_valid(replace(s.tags, '''', '"')) THEN replace(s.tags, '''', '"')
        END AS tag_list,
        -- The Hub's reading of a card comes first, then our own of its text, then columns of a table.
        coalesce(
            of_type(s.card, 'OBJECT'),
            of_type(lc.json, 'OBJECT'),
            CASE WHEN s.card LIKE '{%' THEN of_type(replace(s.card, '''', '"'), 'OBJECT') END,
            c.fields,
            CASE WHEN coalesce(s.base_model, word(s.license), word(s.quantized_by)) IS NOT NULL THEN json_object(
                'base_model', listed_text(s.base_model),
                'base_model_relation', listed_text(word(s.base_model_relation)),
                'license', listed_text(word(s.license)), 'quantized_by', listed_text(word(s.quantized_by))
            )::VARCHAR END
        ) AS card,
        CASE
            WHEN json_valid(s.base_models) AND json_type(s.base_models) = 'OBJECT'
                AND json_type(s.base_models, '$.models') = 'ARRAY' THEN s.base_models
            WHEN json_valid(s.base_models) AND json_type(s.base_models) = 'ARRAY'
                THEN json_object('models', s.base_models::JSON)::VARCHAR
        END AS base_models,
        -- The longest columns: what reads them makes sure first that they are whole.
        begins_as(s.config, 'OBJECT') AS config,
        begins_as(s.siblings, 'ARRAY') AS siblings,
        of_type(s.safetensors, 'OBJECT') AS safetensors,
        of_type(s.gguf, 'OBJECT') AS gguf,
        s.listed,
        c.problem AS card_problem,
        c.oddities AS card_oddities,
        s.downloads AS downloads_text, s.downloads_all_time AS downloads_all_time_text, s.tags AS tags_text,
        s.base_models AS base_models_text, s.created_at AS created_at_text, s.last_modified AS last_modified_text,
        s.problem
    FROM spelled AS s
    LEFT JOIN literal AS l ON l.text = s.tags
    LEFT JOIN literal AS lc ON lc.text = s.card
    LEFT JOIN card_read AS c ON c.nr = getvariable('first_nr') + s.rowid
)
SELECT
    nr, id, hub_id, seen_at, downloads, downloads_all_time, likes, created_at, last_modified,
    coalesce(word(pipeline_tag), word_in(card, 'pipeline_tag')) AS pipeline_tag,
    coalesce(word(library_name), word_in(card, 'library_name')) AS library_name,
    -- A source of cards has no tags of the Hub, so the author's own stand in.
    CASE WHEN tags_text IS NULL THEN texts_in(card_list(card -> '$.tags'))
        WHEN lists_texts THEN tag_list ->> '$[*]'
        ELSE texts_in(tag_list) END AS tags,
    card, base_models, config, siblings, safetensors, gguf, listed, card_problem, card_oddities,
    -- The Hub's `_id` outlives a change of name; anything else in its place is no key.
    CASE WHEN regexp_full_match(hub_id, '[0-9a-f]{24}') THEN hub_id END AS hub_key,
    CASE
        WHEN problem IS NOT NULL THEN problem
        WHEN coalesce(id, '') = '' THEN 'no-id'
        WHEN NOT regexp_full_match(id, getvariable('id_syntax')) OR regexp_matches(id, '(^|/)\.+(/|$)') THEN 'bad-id'
        WHEN downloads IS NULL AND NOT is_null_word(downloads_text) THEN 'bad-downloads'
        WHEN downloads_all_time IS NULL AND NOT is_null_word(downloads_all_time_text) THEN 'bad-downloads'
    END AS reason,
    CASE WHEN tag_list IS NULL THEN NOT is_null_word(tags_text) ELSE false END AS unreadable_tags,
    CASE WHEN card IS NULL THEN NOT is_null_word(card_text) ELSE false END AS unreadable_card,
    CASE WHEN base_models IS NULL THEN NOT is_null_word(base_models_text) ELSE false END AS unreadable_base_models,
    CASE WHEN created_at IS NULL THEN NOT is_null_word(created_at_text) ELSE false END
    OR CASE WHEN last_modified IS NULL THEN NOT is_null_word(last_modified_text) ELSE false END AS unreadable_dates
FROM read;
