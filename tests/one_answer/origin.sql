SELECT sum(split) FROM models WHERE publisher = $account AND id NOT IN (SELECT child FROM edges WHERE basis = 'declared')
