-- `rows` of one part, `weights`, `parameters` and `disclosure` are taken into `model`: what a repository is by itself.
-- What is not needed any more, above all the texts of cards and configurations, is left behind.

CREATE OR REPLACE MACRO list_distinct_in_order(l) AS
    list_filter(l, lambda x, i: list_position(l, x) = i);

-- The licences that a card names, each once, in its order. Nearly all name one, as a text.
CREATE OR REPLACE MACRO licences_in(j) AS CASE json_type(j)
    WHEN 'VARCHAR' THEN CASE WHEN trim(j ->> '$') <> '' THEN [trim(j ->> '$')] END
    WHEN 'ARRAY' THEN nullif(list_distinct_in_order(list_filter(
        list_transform(
            from_json(j, '["JSON"]'), lambda x: CASE WHEN json_type(x) = 'VARCHAR' THEN trim(x ->> '$') END
        ),
        lambda l: coalesce(l, '') <> ''
    )), [])
END;

CREATE OR REPLACE TEMP VIEW taken AS
SELECT
    r.nr, r.id, r.hub_id, r.hub_key, r.seen_at, r.created_at, r.last_modified,
    r.downloads, r.downloads_all_time, r.likes, r.pipeline_tag,
    coalesce(
        r.library_name,
        list_filter(r.tags, lambda t: list_contains(getvariable('libraries'), lower(t)))[1]
    ) AS library,
    coalesce(
        CASE WHEN contains(r.card, '"license"') THEN licences_in(r.card -> '$.license') END,
        nullif(list_sort(list_distinct(list_filter(
            list_transform(list_filter(r.tags, lambda t: starts_with(t, 'license:')), lambda t: trim(substr(t, 9))),
            lambda l: l <> ''
        ))), [])
    ) AS licences,
    coalesce(list_contains(r.tags, 'gguf'), false) AS gguf,
    -- Who packed the files, by the card's own word.
    CASE WHEN contains(r.card, '"quantized_by"') THEN nullif(trim(CASE json_type(r.card -> '$.quantized_by')
        WHEN 'VARCHAR' THEN r.card ->> '$.quantized_by'
        WHEN 'ARRAY' THEN r.card ->> '$.quantized_by[0]'
    END), '') END AS quantized_by,
    w.format, w.format_evidence, w.bits, w.suffix, w.stem, w.metadata_quantized, w.metadata_onnx_finetune,
    p.parameters, p.parameters_evidence,
    d.disclosed,
    r.card_problem, r.card_oddities
FROM rows AS r
LEFT JOIN weights AS w ON w.id = r.id
LEFT JOIN parameters AS p ON p.id = r.id
LEFT JOIN disclosure AS d ON d.id = r.id;

CREATE TABLE IF NOT EXISTS model AS FROM taken LIMIT 0;

INSERT INTO model FROM taken;

DROP VIEW taken;

DROP TABLE weights;

DROP TABLE parameters;

DROP TABLE disclosure;
