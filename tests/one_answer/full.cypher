MATCH (b:Model {id: $model})<-[:DERIVED_FROM*0..20]-(m:Model)
WITH DISTINCT m
RETURN sum(coalesce(m.downloads, 0)) AS value;
