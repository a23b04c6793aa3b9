// One node an account.
CREATE CONSTRAINT lineage_publisher_id IF NOT EXISTS FOR (p:Publisher) REQUIRE p.id IS UNIQUE;
