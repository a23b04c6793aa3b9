// The load is complete; what the database holds from then on is noted, to see whether somebody changed it.
MATCH (run:LineageRun {id: $id, holder: $holder})
SET run.status = 'complete',
    run.finished = datetime(),
    run.nodes = $nodes,
    run.edges = $edges
RETURN run.id AS id;
