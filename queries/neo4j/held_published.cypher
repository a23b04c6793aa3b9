// What a load has left here of links from accounts to what they host.
MATCH (publisher:Publisher)-[:PUBLISHED]->(model:Model)
WHERE publisher.row_hash IS NOT NULL AND model.row_hash IS NOT NULL
RETURN publisher.id AS publisher, model.id AS id;
