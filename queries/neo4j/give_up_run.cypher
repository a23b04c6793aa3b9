// The load before a new one is closed: what was cut short is given up. No row: somebody has gone on with it meanwhile.
// The note that it is locked makes all others wait here, and is gone with the transaction.
MATCH (run:LineageRun {id: $id})
SET run.locked = true
WITH run
WHERE coalesce(run.holder, '') = $seen AND run.status IN [$status, 'abandoned']
SET run.status = CASE WHEN run.status = 'complete' THEN 'complete' ELSE 'abandoned' END
REMOVE run.locked, run.holder
RETURN run.id AS id;
