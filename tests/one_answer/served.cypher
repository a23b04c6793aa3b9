MATCH (b:Model {id: $model})<-[:DERIVED_FROM*0..8 {relation: 'quantized'}]-(m:Model)
WHERE NOT m.stub
WITH DISTINCT m
RETURN 1000000000 * count(DISTINCT m.publisher) + sum(coalesce(m.downloads, 0)) AS value;
