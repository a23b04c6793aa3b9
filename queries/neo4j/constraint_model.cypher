// One node a model, and the index that every load and look-up goes through.
CREATE CONSTRAINT lineage_model_id IF NOT EXISTS FOR (m:Model) REQUIRE m.id IS UNIQUE;
