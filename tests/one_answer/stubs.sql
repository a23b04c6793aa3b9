SELECT count(DISTINCT base) FROM edges WHERE basis = 'declared' AND base NOT IN (SELECT id FROM models WHERE NOT stub)
