// What a load has left here of edges to bases.
MATCH (child:Model)-[e:DERIVED_FROM]->(base:Model)
WHERE child.row_hash IS NOT NULL AND base.row_hash IS NOT NULL
RETURN child.id AS child, base.id AS base, e.relation AS relation, e.evidence AS evidence, e.basis AS basis,
       e.place AS place;
