MATCH (m:Model) WHERE NOT m.stub RETURN sum(coalesce(m.downloads, 0)) AS value;
