"""`lineage shell`: the graph in Cypher, statement by statement, at a terminal or from a pipe."""
