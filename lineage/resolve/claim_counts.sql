-- What the claims came to, beside the edges.
SELECT
    (SELECT count(*) FROM claim),
    count(*) FILTER (j.base IS NULL),
    count(DISTINCT j.child) FILTER (j.reason = 'self-loop' AND j.evidence <> 'text'),
    count(*) FILTER (
        c.relation_as_written IS NOT NULL AND j.evidence <> 'text'
        AND lower(trim(c.relation_as_written)) NOT IN ('finetune', 'adapter', 'quantized', 'merge')
    )
FROM judged_claim AS j
JOIN claim AS c ON c.rowid = j.claim;
