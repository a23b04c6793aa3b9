// From an account to what it hosts. A row of $rows: publisher, id.
UNWIND $rows AS r
MATCH (publisher:Publisher {id: r[0]})
MATCH (model:Model {id: r[1]})
MERGE (publisher)-[:PUBLISHED]->(model);
