// Go on with a load, from now on as its only holder. No row: in the meantime somebody else has taken it, or begun another.
MATCH (run:LineageRun {id: $id})
SET run.locked = true
WITH run
WHERE coalesce(run.holder, '') IN [$seen, $holder]
  AND NOT EXISTS { MATCH (later:LineageRun) WHERE later.number > run.number }
SET run.status = $status,
    run.beat = datetime(),
    run.holder = $holder,
    run.process = $process,
    run.host = $host,
    run.place = $place
REMOVE run.locked
RETURN run.batches_done AS batches_done, run.compared AS compared;
