// What loads have left here of edges to bases: those of a page of at most $rows models after the id $after.
MATCH (child:Model)
WHERE child.id > $after
WITH child ORDER BY child.id LIMIT $rows
OPTIONAL MATCH (child)-[e:DERIVED_FROM]->(base:Model)
WHERE child.row_hash IS NOT NULL AND base.row_hash IS NOT NULL
RETURN max(child.id) AS last,
       collect(CASE WHEN base IS NULL THEN null
                    ELSE [child.id, base.id, e.relation, e.evidence, e.basis, e.place] END) AS rows;
