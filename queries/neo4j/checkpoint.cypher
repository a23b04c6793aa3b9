// So many batches are done, in the same transaction as the last of them. No row: another loader holds the run.
MATCH (run:LineageRun {id: $id, holder: $holder})
WHERE run.status IN ['loading', 'pruning']
SET run.batches_done = $batches_done
RETURN run.batches_done AS batches_done;
