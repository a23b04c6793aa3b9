SELECT sum(downloads)
FROM models AS m
WHERE m.publisher = $account AND EXISTS (
    SELECT 1 FROM edges AS e JOIN models AS b ON b.id = e.base
    WHERE e.basis = 'declared' AND e.child = m.id AND b.publisher IS DISTINCT FROM m.publisher
)
