// Of which snapshot the graph on the server is, by the load that began last.
MATCH (run:LineageRun)
RETURN run.snapshot AS snapshot, run.taken_at AS taken_at, run.status AS status
ORDER BY run.number DESC, run.id DESC
LIMIT 1;
