// From the derived model to its base. A row of $rows: child, base, then as numbered here.
// Both ends are found by their label, so through the index.
UNWIND $rows AS r
MATCH (child:Model {id: r[0]})
MATCH (base:Model {id: r[1]})
MERGE (child)-[e:DERIVED_FROM]->(base)
WITH e, r
WHERE coalesce(e.relation, '') <> coalesce(r[2], '')
   OR coalesce(e.evidence, '') <> coalesce(r[3], '')
   OR coalesce(e.basis, '') <> coalesce(r[4], '')
   OR coalesce(e.place, -1) <> coalesce(r[5], -1)
SET e.relation = r[2],
    e.evidence = r[3],
    e.basis = r[4],
    e.place = r[5];
