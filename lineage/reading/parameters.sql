-- `rows` become `parameters`; then how a quantization and a copy inherit the count of their base.

CREATE OR REPLACE MACRO plausible_count(n) AS CASE WHEN n BETWEEN 1 AND 1000000000000000 THEN n::BIGINT END;

-- Tables that passed through floats or texts write 7241732096.0.
CREATE OR REPLACE MACRO total_in(j) AS plausible_count(
    CASE WHEN json_valid(j) THEN CASE
        WHEN json_type(j, '$.total') IN ('UBIGINT', 'BIGINT') THEN try_cast(j ->> '$.total' AS HUGEINT)
        WHEN json_type(j, '$.total') IN ('DOUBLE', 'VARCHAR') THEN CASE
            WHEN try_cast(j ->> '$.total' AS DOUBLE) = floor(try_cast(j ->> '$.total' AS DOUBLE))
            THEN try_cast(j ->> '$.total' AS HUGEINT)
        END
    END END
);

-- The size that an id names: `8x7B`, `0.5b`, `125m`. This engine cannot look back, so the letter before and
-- after belongs to the match; the first match is the same.
CREATE OR REPLACE MACRO size_text(id) AS
    lower(regexp_extract(id, '(?i)(?:^|[^a-z0-9.])(?:\d+x)?\d+(?:\.\d+)?[bm](?:[^a-z0-9]|$)'));

-- Counted in billionths, as whole numbers, so that nothing is rounded. More digits than these are nobody's
-- size, and 10^9 × 10^15 × 10^9 still fits.
CREATE OR REPLACE MACRO size_in(id) AS list_transform(
    [regexp_extract(
        size_text(id),
        '(?:(\d+)x)?(\d+)(?:\.(\d+))?([bm])(?:[^a-z0-9]|$)',
        ['factor', 'whole', 'fraction', 'unit']
    )],
    lambda p: CASE
        WHEN p.unit <> '' AND length(ltrim(p.factor, '0')) <= 9 AND length(ltrim(p.whole, '0')) <= 15
            AND length(rtrim(p.fraction, '0')) <= 9
        THEN list_transform(
            [
                CASE WHEN p.factor = '' THEN 1 ELSE ('0' || ltrim(p.factor, '0'))::HUGEINT END
                * (
                    ('0' || ltrim(p.whole, '0'))::HUGEINT * 1000000000
                    + rpad(rtrim(p.fraction, '0'), 9, '0')::HUGEINT
                )
            ],
            lambda n: plausible_count(CASE WHEN p.unit = 'b' THEN n WHEN n % 1000 = 0 THEN n // 1000 END)
        )[1]
    END
)[1];

CREATE OR REPLACE TEMP TABLE counted AS
WITH total AS (SELECT id, total_in(safetensors) AS in_safetensors, total_in(gguf) AS in_gguf FROM rows)
SELECT *, CASE WHEN in_safetensors IS NULL AND in_gguf IS NULL THEN size_text(id) END AS size FROM total;

CREATE OR REPLACE TABLE parameters AS
SELECT
    c.id,
    coalesce(c.in_safetensors, c.in_gguf, s.parameters) AS parameters,
    CASE
        WHEN c.in_safetensors IS NOT NULL THEN 'safetensors'
        WHEN c.in_gguf IS NOT NULL THEN 'gguf'
        WHEN s.parameters IS NOT NULL THEN 'name'
    END AS parameters_evidence
FROM counted AS c
LEFT JOIN (SELECT size, size_in(size) AS parameters FROM (SELECT DISTINCT size FROM counted WHERE size <> '')) AS s
    ON s.size = c.size;

DROP TABLE counted;

-- A child that is nothing but a quantization or copy; its first base; its own count without what a packed
-- file says; and the count of that base. A base that is not in `rows` still has its name.
CREATE OR REPLACE MACRO first_step(edges) AS TABLE
    WITH heir AS (
        SELECT
            child AS id,
            arg_min(base, (coalesce(position, 2147483647), base)) AS up,
            bool_or(relation = 'quantized') AS packed
        FROM query_table(edges)
        GROUP BY child
        HAVING bool_and(coalesce(relation IN ('quantized', 'copy'), false))
    ),
    own AS (
        SELECT
            p.id, h.up,
            CASE WHEN h.packed AND p.parameters_evidence = 'safetensors' THEN size_in(p.id) ELSE p.parameters END AS own,
            CASE
                WHEN NOT (h.packed AND p.parameters_evidence = 'safetensors') THEN p.parameters_evidence
                WHEN own IS NOT NULL THEN 'name'
            END AS own_evidence
        FROM heir AS h
        JOIN parameters AS p ON p.id = h.id
        WHERE h.up IS NOT NULL
    )
    SELECT
        o.*,
        CASE WHEN h.id IS NOT NULL THEN h.own WHEN b.id IS NOT NULL THEN b.parameters ELSE size_in(o.up) END AS above
    FROM own AS o
    LEFT JOIN own AS h ON h.id = o.up
    LEFT JOIN parameters AS b ON b.id = o.up;

-- Twice as far up: the count that is known nearest to the root wins.
CREATE OR REPLACE MACRO next_step(steps) AS TABLE
    SELECT s.id, coalesce(u.up, s.up) AS up, s.own, s.own_evidence, coalesce(u.above, s.above) AS above
    FROM query_table(steps) AS s
    LEFT JOIN query_table(steps) AS u ON u.id = s.up;

-- Who never gets out is in a cycle or hangs on one, and keeps its own.
CREATE OR REPLACE MACRO inherited(steps) AS TABLE
    SELECT
        p.id,
        CASE WHEN s.id IS NULL THEN p.parameters WHEN u.id IS NULL THEN coalesce(s.above, s.own) ELSE s.own END
            AS parameters,
        CASE
            WHEN s.id IS NULL THEN p.parameters_evidence
            WHEN u.id IS NULL AND s.above IS NOT NULL THEN 'base'
            ELSE s.own_evidence
        END AS parameters_evidence
    FROM parameters AS p
    LEFT JOIN query_table(steps) AS s ON s.id = p.id
    LEFT JOIN query_table(steps) AS u ON u.id = s.up;
