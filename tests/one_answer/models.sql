SELECT count(*) FROM models WHERE NOT stub
