// How many batches of a load are done.
MATCH (run:LineageRun {id: $id})
RETURN run.batches_done AS batches_done;
