WITH RECURSIVE below AS (
    SELECT $model AS child
    UNION
    SELECT e.child FROM edges AS e JOIN below AS b ON e.base = b.child WHERE e.basis = 'declared'
)
SELECT sum(coalesce(downloads, 0)) FROM models WHERE id IN (FROM below)
