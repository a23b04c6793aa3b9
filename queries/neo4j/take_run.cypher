// Go on with a load, from now on as its only holder.
MATCH (run:LineageRun {id: $id})
SET run.status = $status,
    run.holder = $holder
RETURN run.batches_done AS batches_done;
