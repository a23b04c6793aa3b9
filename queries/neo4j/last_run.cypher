// The load that began last, and for how many seconds nothing was heard of it.
MATCH (run:LineageRun)
RETURN run.id AS id, run.number AS number, run.snapshot AS snapshot, run.snapshot_sha256 AS snapshot_sha256,
       run.status AS status, run.layout AS layout, run.batch AS batch, run.batches AS batches,
       run.batches_done AS batches_done, run.compared AS compared, run.nodes AS nodes, run.edges AS edges,
       run.holder AS holder, run.process AS process, run.host AS host, run.place AS place,
       toString(run.started) AS started, duration.inSeconds(run.beat, datetime()).seconds AS silent
ORDER BY run.number DESC, run.id DESC
LIMIT 1;
