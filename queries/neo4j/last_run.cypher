// The load that began last.
MATCH (run:LineageRun)
RETURN run.id AS id, run.number AS number, run.snapshot_sha256 AS snapshot_sha256, run.status AS status,
       run.layout AS layout, run.batch AS batch, run.batches_done AS batches_done, run.nodes AS nodes,
       run.edges AS edges
ORDER BY run.number DESC, run.id DESC
LIMIT 1;
