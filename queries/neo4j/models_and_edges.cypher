// How large the graph is, models without stubs; only these are looked through, the store keeps the other number.
MATCH (m:Model) WHERE NOT m.stub
RETURN count(m) AS models, COUNT { ()-[:DERIVED_FROM]->() } AS edges;
