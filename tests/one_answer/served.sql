WITH RECURSIVE part AS (
    SELECT $model AS child
    UNION
    SELECT e.child
    FROM edges AS e JOIN part AS p ON e.base = p.child
    WHERE e.basis = 'declared' AND e.relation IN ('quantized', 'copy')
)
SELECT 1000000000 * count(DISTINCT publisher) + sum(downloads) FROM models WHERE NOT stub AND id IN (FROM part)
