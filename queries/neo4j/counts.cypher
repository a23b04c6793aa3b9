// Nodes and relationships of the graph; the store keeps these numbers, so nothing is scanned.
RETURN COUNT { (:Model) } + COUNT { (:Publisher) } AS nodes,
       COUNT { ()-[:DERIVED_FROM]->() } + COUNT { ()-[:DESCENDS_FROM]->() } + COUNT { ()-[:PUBLISHED]->() } AS edges;
