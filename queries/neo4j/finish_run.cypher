// The load is complete; what the database holds from then on is noted, to see whether somebody changed it.
MATCH (run:LineageRun {id: $id})
SET run.locked = true
WITH run
WHERE run.holder = $holder OR run.status = 'complete'
SET run.status = 'complete',
    run.finished = datetime(),
    run.nodes = $nodes,
    run.edges = $edges
REMOVE run.locked, run.holder
RETURN run.id AS id;
