// Accounts that an edge touches. A row of $rows: id, row_hash, then as numbered here.
UNWIND $rows AS r
MERGE (p:Publisher {id: r[0]})
WITH p, r
WHERE p.row_hash IS NULL OR p.row_hash <> r[1]
SET p.row_hash = r[1],
    p.owner = r[2],
    p.type = r[3],
    p.countries = r[4],
    p.models = r[5],
    p.downloads = r[6],
    p.in_degree = r[7],
    p.flow_in = r[8],
    p.flow_out = r[9],
    p.pagerank = r[10];
