// Wait until the indexes behind the constraints can be used, at most $seconds.
CALL db.awaitIndexes($seconds);
