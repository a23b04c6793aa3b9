SELECT sum(downloads)
FROM models AS m
WHERE m.publisher IS DISTINCT FROM $maker AND EXISTS (
    SELECT 1 FROM edges AS e JOIN models AS b ON b.id = e.base
    WHERE e.basis = 'declared' AND e.child = m.id AND b.publisher = $maker
)
