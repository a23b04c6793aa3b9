// So many batches are done: the first statement of the transaction that writes the last of them, so that whoever
// takes the load over waits for its end. No row: another loader holds the run.
MATCH (run:LineageRun {id: $id})
SET run.locked = true
WITH run
WHERE run.holder = $holder AND run.status IN ['loading', 'pruning']
SET run.batches_done = $batches_done,
    run.beat = datetime()
REMOVE run.locked
RETURN run.batches_done AS batches_done;
