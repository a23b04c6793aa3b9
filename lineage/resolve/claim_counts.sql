-- What the claims came to, beside the edges.
SELECT
    count(*) FILTER (base IS NULL),
    count(DISTINCT child) FILTER (reason = 'self-loop' AND evidence <> 'text'),
    count(*) FILTER (
        relation_as_written IS NOT NULL AND evidence <> 'text'
        AND lower(trim(relation_as_written)) NOT IN ('finetune', 'adapter', 'quantized', 'merge')
    )
FROM judged_claim;
