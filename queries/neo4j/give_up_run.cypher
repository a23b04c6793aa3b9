// A load that was cut short is given up for one of another snapshot. No row: somebody goes on with it.
// The note that it is locked makes all others wait here, and is gone with the transaction.
MATCH (run:LineageRun {id: $id})
SET run.locked = true
WITH run
WHERE coalesce(run.holder, '') = $seen OR run.status = 'abandoned'
SET run.status = 'abandoned'
REMOVE run.locked, run.holder
RETURN run.id AS id;
