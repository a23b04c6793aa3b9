// Begin a load. Whose it is comes back: where two begin at once, one finds the other's here.
MERGE (run:LineageRun {id: $id})
ON CREATE SET run.number = $number,
              run.snapshot = $snapshot,
              run.snapshot_sha256 = $snapshot_sha256,
              run.taken_at = $taken_at,
              run.version = $version,
              run.layout = $layout,
              run.batch = $batch,
              run.batches = $batches,
              run.batches_done = 0,
              run.compared = $compared,
              run.status = 'loading',
              run.started = datetime(),
              run.beat = datetime(),
              run.holder = $holder,
              run.process = $process,
              run.host = $host,
              run.place = $place
RETURN run.holder AS holder;
