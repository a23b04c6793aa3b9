-- `page_record` (a view: fields of records as text, and `later`, whether the page is one of a crawl that goes on from an
-- older one) is added to `seen`: the models whose cards may be asked for, and what later pages say of any other.

-- Whether a value in JSON names anything: a text, an object, or a list in which there is one.
CREATE OR REPLACE MACRO names_something(j) AS CASE json_type(j)
    WHEN 'VARCHAR' THEN trim(j ->> '$') <> ''
    WHEN 'OBJECT' THEN j::VARCHAR <> '{}'
    WHEN 'ARRAY' THEN len(list_filter(j ->> '$[*]', lambda t: trim(t) <> '')) > 0
    ELSE false
END;

INSERT INTO seen
WITH read AS (
    SELECT
        trim(coalesce("id", "modelId")) AS id,
        nullif(trim("_id"), '') AS hub_id,
        coalesce(CASE WHEN regexp_full_match(trim(downloads), '\d{1,18}') THEN trim(downloads)::BIGINT END, 0) AS downloads,
        coalesce("lastModified", '') AS last_modified,
        seen_at, later,
        -- Not `true` alone: it says `auto` or `manual`.
        lower(coalesce(gated, '')) NOT IN ('', 'false', 'null', 'none') OR coalesce(disabled, '') = 'true'
        OR coalesce("private", '') = 'true' AS closed,
        coalesce(CASE WHEN json_valid(tags) AND json_type(tags) = 'ARRAY' THEN tags ->> '$[*]' END, []) AS tags,
        lower(trim(library_name)) AS library,
        "cardData" AS card, "baseModels" AS bases, config
    FROM page_record
),
judged AS (
    SELECT
        *,
        len(list_filter(tags, lambda t: starts_with(t, 'base_model:'))) > 0
        OR CASE WHEN (contains(card, '"base_model') OR contains(card, '"model_link"')) AND json_valid(card)
            THEN list_bool_or(list_transform(
                json_extract(card, ['$.base_model', '$.base_models', '$.base_model_sources', '$.model_link']),
                lambda j: names_something(j)
            )) ELSE false END
        OR coalesce(CASE WHEN json_valid(bases)
            THEN names_something(coalesce(json_extract(bases, '$.models'), CASE json_type(bases) WHEN 'ARRAY' THEN bases::JSON END))
        END, false)
        OR coalesce(CASE WHEN contains(config, '"peft"') AND json_valid(config)
            THEN names_something(json_extract(config, '$.peft.base_model_name_or_path')) END, false) AS declared,
        regexp_matches(id, getvariable('quantizer_end'))
        OR contains(split_part(id, '/', -1), '_-_')
        OR list_has_any(list_transform(tags, lambda t: lower(t)), getvariable('deriving'))
        OR coalesce(list_contains(getvariable('deriving'), library), false) AS derives
    FROM read
    -- What is no id must not become an address.
    WHERE regexp_full_match(id, getvariable('id_syntax')) AND NOT regexp_matches(id, '(^|/)\.+(/|$)')
)
SELECT
    id, hub_id, downloads, seen_at, last_modified,
    NOT closed AND NOT declared AND (getvariable('all') OR derives) AS wanted
FROM judged
WHERE wanted OR later;
