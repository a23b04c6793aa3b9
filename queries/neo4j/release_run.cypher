// A load that stops before its end lets go, so that the next may go on at once.
MATCH (run:LineageRun {id: $id, holder: $holder})
REMOVE run.holder
RETURN run.id AS id;
