-- `rows` and `format_rule` become `weights`. Repositories that show the same signs (tags that a rule knows,
-- library, quantization_config, end of the name) are judged once: the whole Hub shows a few thousand.

-- A name ends in a run of suffixes, each matched by a pattern: `-i1-GGUF`, `-AWQ-INT4`.
SET VARIABLE suffixes = (
    SELECT coalesce(string_agg(pattern, '|' ORDER BY place), '[^\s\S]') FROM format_rule WHERE "where" = 'suffix'
);
SET VARIABLE quantizers = (
    SELECT coalesce(string_agg(pattern, '|' ORDER BY place), '[^\s\S]')
    FROM format_rule
    WHERE "where" = 'suffix' AND quantized
);
SET VARIABLE suffix_run = '(?is)(?:' || getvariable('suffixes') || ')+$';
SET VARIABLE quantizer_run = '(?is)(?:' || getvariable('quantizers') || ')+$';
-- All of a run but its last suffix. Taken off one by one from the end they are the whole run, always.
SET VARIABLE before_last = '(?is)^((?:' || getvariable('suffixes') || ')*?)(?:' || getvariable('suffixes') || ')$';
SET VARIABLE telling_tags = (
    SELECT list(DISTINCT word)
    FROM (
        SELECT pattern AS word FROM format_rule WHERE "where" = 'tag'
        UNION ALL SELECT unnest(unless) FROM format_rule
        UNION ALL SELECT unnest(['mlx', 'gguf', 'onnx', 'safetensors', 'pytorch'])
    )
);
SET VARIABLE telling_libraries = (
    SELECT list(DISTINCT word)
    FROM (SELECT pattern AS word FROM format_rule WHERE "where" = 'library' UNION ALL SELECT unnest(['mlx', 'gguf']))
);

CREATE OR REPLACE MACRO json_number(j) AS
    CASE WHEN json_type(j) IN ('UBIGINT', 'BIGINT', 'DOUBLE') THEN try_cast(j::VARCHAR AS DOUBLE) END;
-- Nobody stores a weight in more than 64 bits, or in none.
CREATE OR REPLACE MACRO plausible_bits(numbers) AS
    list_sort(list_distinct(list_filter(numbers, lambda n: n > 0 AND n <= 64)));
CREATE OR REPLACE MACRO if_one(numbers) AS CASE WHEN len(numbers) = 1 THEN numbers[1] END;

CREATE OR REPLACE TEMP TABLE shown AS
WITH ended AS (SELECT *, regexp_extract(id, getvariable('suffix_run')) AS ending FROM rows)
SELECT
    id,
    -- The tags that a rule knows, one a line, for text is compared faster than lists.
    coalesce(lower(array_to_string(
        list_filter(tags, lambda t: list_contains(getvariable('telling_tags'), lower(t))), chr(10)
    )), '') AS lines,
    CASE WHEN list_contains(getvariable('telling_libraries'), lower(trim(library_name)))
        THEN lower(trim(library_name)) ELSE '' END AS library,
    coalesce(CASE WHEN contains(config, '"quantization_config"')
        THEN CASE WHEN json_valid(config) THEN (config -> '$.quantization_config')::VARCHAR END END, '') AS quantization,
    -- A name is more than suffixes: where they are all of it, its first letter is not one's.
    CASE WHEN ending <> '' AND ending = split_part(id, '/', -1)
        THEN regexp_extract(substr(ending, 2), getvariable('suffix_run')) ELSE ending END AS run
FROM ended;

CREATE OR REPLACE TEMP TABLE sign AS
SELECT
    row_number() OVER () AS sign,
    lines, library, quantization, run,
    string_split(lines, chr(10)) AS words,
    regexp_extract(run, getvariable('quantizer_run')) AS suffix,
    CASE WHEN json_type(q -> '$.quant_method') = 'VARCHAR'
        THEN left(lower(trim(q ->> '$.quant_method', E' \t\n\r\f\v')), 64) ELSE '' END AS method,
    plausible_bits(list_concat(
        [
            json_number(q -> '$.bits'),
            CASE WHEN (q -> '$.load_in_4bit')::VARCHAR = 'true' THEN 4 END,
            CASE WHEN (q -> '$.load_in_8bit')::VARCHAR = 'true' THEN 8 END
        ],
        list_transform(json_extract(q, '$.config_groups.*.weights.num_bits'), lambda j: json_number(j))
    )) AS stated
FROM (SELECT DISTINCT lines, library, quantization, run, nullif(quantization, '')::JSON AS q FROM shown);

CREATE OR REPLACE TEMP TABLE suffix_of AS
WITH RECURSIVE peeled AS (
    SELECT
        run,
        regexp_extract(run, getvariable('before_last'), 1) AS rest,
        substr(run, length(regexp_extract(run, getvariable('before_last'), 1)) + 1) AS suffix
    FROM (SELECT DISTINCT run FROM sign WHERE run <> '')
    UNION ALL
    SELECT
        run,
        regexp_extract(rest, getvariable('before_last'), 1),
        substr(rest, length(regexp_extract(rest, getvariable('before_last'), 1)) + 1)
    FROM peeled
    WHERE rest <> '' AND suffix <> ''
),
-- A suffix belongs to the first rule that matches it.
ruled AS (
    SELECT
        s.suffix,
        min(f.place) AS place,
        arg_min(
            CASE f.bits WHEN 'match' THEN regexp_extract(s.suffix, '(?is)^(?:' || f.pattern || ')$', 1) ELSE f.bits END,
            f.place
        ) AS bits
    FROM (SELECT DISTINCT suffix FROM peeled) AS s
    JOIN format_rule AS f ON f."where" = 'suffix' AND regexp_full_match(s.suffix, '(?is)(?:' || f.pattern || ')')
    GROUP BY s.suffix
)
SELECT DISTINCT p.run, r.suffix, r.place, try_cast(replace(r.bits, '_', '.') AS DOUBLE) AS bits
FROM peeled AS p
JOIN ruled AS r ON r.suffix = p.suffix;

-- Every rule that applies to a sign.
CREATE OR REPLACE TEMP TABLE applied AS
WITH hit AS (
    SELECT s.sign, f.place, 'tag:' || f.pattern AS evidence, try_cast(f.bits AS DOUBLE) AS bits
    FROM (SELECT sign, unnest(words) AS word FROM sign) AS s
    JOIN format_rule AS f ON f."where" = 'tag' AND f.pattern = s.word
    UNION ALL
    SELECT s.sign, f.place, 'library:' || f.pattern, NULL
    FROM sign AS s
    JOIN format_rule AS f ON f."where" = 'library' AND f.pattern = s.library
    UNION ALL
    SELECT s.sign, f.place, 'quant_method:' || s.method, NULL
    FROM sign AS s
    JOIN format_rule AS f ON f."where" = 'quant_method' AND s.method <> '' AND f.pattern IN (s.method, '*')
    UNION ALL
    SELECT s.sign, x.place, 'name:' || x.suffix, x.bits
    FROM sign AS s
    JOIN suffix_of AS x ON x.run = s.run
)
SELECT h.*, f.format, f.quantized, f."where"
FROM hit AS h
JOIN format_rule AS f ON f.place = h.place
JOIN sign AS s ON s.sign = h.sign
WHERE NOT list_has_any(s.words, f.unless);

CREATE OR REPLACE TEMP TABLE judged_sign AS
WITH judged AS (
    SELECT
        sign,
        min(place) FILTER (format <> '') AS place,
        arg_min(evidence, (place, evidence)) FILTER (format <> '') AS evidence,
        bool_or(quantized) FILTER (format = '') AS says_quantized,
        bool_or(format = 'gguf' AND "where" = 'suffix') AS gguf_suffix,
        plausible_bits(list(bits) FILTER ("where" = 'suffix')) AS name_bits,
        plausible_bits(list(bits) FILTER ("where" = 'tag' AND format = '')) AS tag_bits
    FROM applied
    GROUP BY sign
)
SELECT
    s.*,
    j.place,
    j.evidence,
    coalesce(j.says_quantized, false) AS says_quantized,
    coalesce(j.gguf_suffix, false) AS gguf_suffix,
    coalesce(j.name_bits, []) AS name_bits,
    coalesce(j.tag_bits, []) AS tag_bits
FROM sign AS s
LEFT JOIN judged AS j ON j.sign = s.sign;

-- File names are read last, and only where nothing else has decided: they are the longest column there is.
CREATE OR REPLACE TEMP TABLE undecided AS
SELECT o.id
FROM shown AS o
JOIN judged_sign AS s
    ON (s.lines, s.library, s.quantization, s.run) = (o.lines, o.library, o.quantization, o.run)
WHERE s.place IS NULL;

CREATE OR REPLACE TEMP TABLE file_of AS
WITH file AS (
    SELECT id, unnest(CASE WHEN json_valid(siblings) THEN siblings ->> '$[*].rfilename' END) AS file
    FROM rows
    WHERE siblings IS NOT NULL AND id IN (FROM undecided)
)
SELECT x.id, min(f.place) AS place
FROM file AS x
JOIN format_rule AS f ON f."where" = 'file' AND ends_with(lower(x.file), f.pattern)
GROUP BY x.id;

-- Signs by what decides: their rule, or, where they have none, nothing or any rule on files.
CREATE OR REPLACE TEMP TABLE verdict AS
WITH decided AS (
    SELECT s.* EXCLUDE (place, evidence), 0 AS file_place, s.place, s.evidence FROM judged_sign AS s
    UNION ALL
    SELECT s.* EXCLUDE (place, evidence), f.place, f.place, 'file:' || f.pattern
    FROM judged_sign AS s
    JOIN format_rule AS f ON s.place IS NULL AND f."where" = 'file'
)
SELECT
    d.lines, d.library, d.quantization, d.run, d.file_place,
    f.format,
    d.evidence AS format_evidence,
    -- The first that says anything; where it says several things there is no one number.
    CASE
        WHEN f.bits IN ('match', 'name') THEN if_one(d.name_bits)
        WHEN len(d.stated) > 0 THEN if_one(d.stated)
        WHEN try_cast(f.bits AS DOUBLE) IS NOT NULL THEN try_cast(f.bits AS DOUBLE)
        WHEN len(d.name_bits) > 0 THEN if_one(d.name_bits)
        ELSE if_one(d.tag_bits)
    END AS bits,
    coalesce(f.quantized, false) OR d.says_quantized AS quantized_format,
    d.gguf_suffix,
    d.suffix,
    d.method <> ''
    OR (
        (list_contains(d.words, 'mlx') OR d.library = 'mlx')
        AND len(list_filter(list_concat(d.name_bits, d.tag_bits), lambda n: n < 16)) > 0
    )
    OR ((list_contains(d.words, 'gguf') OR d.library = 'gguf') AND d.gguf_suffix) AS metadata_quantized,
    list_contains(d.words, 'onnx') AND list_has_any(d.words, ['safetensors', 'pytorch'])
    AND NOT (coalesce(f.quantized, false) OR d.says_quantized) AS metadata_onnx_finetune
FROM decided AS d
LEFT JOIN format_rule AS f ON f.place = d.place;

CREATE OR REPLACE TABLE weights AS
SELECT
    o.id, v.format, v.format_evidence, v.bits, v.quantized_format, v.gguf_suffix,
    nullif(v.suffix, '') AS suffix,
    CASE WHEN v.suffix <> ''
        THEN left(split_part(o.id, '/', -1), length(split_part(o.id, '/', -1)) - length(v.suffix)) END AS stem,
    v.metadata_quantized, v.metadata_onnx_finetune
FROM (
    SELECT s.*, coalesce(x.place, 0) AS file_place FROM shown AS s LEFT JOIN file_of AS x ON x.id = s.id
) AS o
JOIN verdict AS v
    ON (v.lines, v.library, v.quantization, v.run, v.file_place)
    = (o.lines, o.library, o.quantization, o.run, o.file_place);
