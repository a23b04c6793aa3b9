WITH RECURSIVE below AS (
    SELECT child FROM edges WHERE basis = 'declared' AND base = $model
    UNION
    SELECT e.child FROM edges AS e JOIN below AS b ON e.base = b.child WHERE e.basis = 'declared'
)
SELECT count(*) FROM below
