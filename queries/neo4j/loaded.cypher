// Which snapshot the load that began last was of.
MATCH (run:LineageRun)
RETURN run.snapshot AS snapshot, run.taken_at AS taken_at, run.status AS status
ORDER BY run.number DESC, run.id DESC
LIMIT 1;
