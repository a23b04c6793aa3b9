// Which of the two usual extensions the server has, with how many procedures.
SHOW PROCEDURES YIELD name
WHERE name STARTS WITH 'gds.' OR name STARTS WITH 'apoc.'
RETURN split(name, '.')[0] AS extension, count(*) AS procedures
ORDER BY extension;
