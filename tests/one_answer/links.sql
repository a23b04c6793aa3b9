SELECT count(*) FROM edges WHERE basis = 'declared'
