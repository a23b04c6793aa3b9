// Note a load that begins; one that was cut short before, of another snapshot, is given up by this.
OPTIONAL MATCH (old:LineageRun)
WHERE old.status IN ['loading', 'pruning'] AND old.id <> $id
SET old.status = 'abandoned'
WITH count(old) AS abandoned
MERGE (run:LineageRun {id: $id})
SET run.number = $number,
    run.snapshot = $snapshot,
    run.snapshot_sha256 = $snapshot_sha256,
    run.taken_at = $taken_at,
    run.version = $version,
    run.layout = $layout,
    run.batch = $batch,
    run.batches = $batches,
    run.batches_done = 0,
    run.status = 'loading',
    run.started = datetime(),
    run.holder = $holder;
