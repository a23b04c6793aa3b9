MATCH (m:Model) WHERE NOT m.stub RETURN count(m) AS value;
