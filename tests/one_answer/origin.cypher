MATCH (m:Model) WHERE m.publisher = $account AND m.bases = 0 RETURN sum(m.split) AS value;
