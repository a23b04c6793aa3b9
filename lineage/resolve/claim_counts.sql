-- What the claims came to, beside the edges.
SELECT
    count(*) FILTER (outcome = 'rejected'),
    count(DISTINCT child) FILTER (reason = 'self-loop'),
    count(*) FILTER (
        relation_as_written IS NOT NULL
        AND lower(trim(relation_as_written)) NOT IN ('finetune', 'adapter', 'quantized', 'merge')
    )
FROM claims;
