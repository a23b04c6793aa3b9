// One node a load, so that two loaders that begin at once share one and one of them has to give way.
CREATE CONSTRAINT lineage_run_id IF NOT EXISTS FOR (r:LineageRun) REQUIRE r.id IS UNIQUE;
