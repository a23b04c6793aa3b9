// What a load has left here of links to ancestors.
MATCH (model:Model)-[e:DESCENDS_FROM]->(ancestor:Model)
WHERE model.row_hash IS NOT NULL AND ancestor.row_hash IS NOT NULL
RETURN model.id AS model, ancestor.id AS ancestor, e.distance AS distance;
