MATCH (m:Model) WHERE m.stub RETURN count(m) AS value;
