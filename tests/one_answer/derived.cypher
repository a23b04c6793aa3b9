MATCH (:Model {id: $model})<-[:DESCENDS_FROM]-(m:Model) RETURN count(m) AS value;
