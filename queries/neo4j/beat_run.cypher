// The holder of a load is alive, and reads for a while.
MATCH (run:LineageRun {id: $id, holder: $holder})
SET run.beat = datetime()
RETURN run.id AS id;
