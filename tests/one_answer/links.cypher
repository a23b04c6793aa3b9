MATCH (:Model)-[d:DERIVED_FROM]->(:Model) WHERE d.basis = 'declared' RETURN count(d) AS value;
