SELECT sum(downloads) FROM models WHERE NOT stub
