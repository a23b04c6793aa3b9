-- What `inherit` needs: the declared edges that can pass a count on, by their ids, and the models at their ends.

CREATE OR REPLACE TABLE heir AS
SELECT child FROM edge GROUP BY child HAVING bool_and(coalesce(relation IN ('quantized', 'copy'), false));

CREATE OR REPLACE TABLE declared_edge AS
SELECT c.id AS child, b.id AS base, e.relation, e.position
FROM edge AS e
JOIN numbered AS c ON c.number = e.child
JOIN numbered AS b ON b.number = e.base
WHERE e.child IN (FROM heir);

CREATE OR REPLACE TABLE parameters AS
SELECT n.id, m.parameters, m.parameters_evidence
FROM model AS m
JOIN numbered AS n ON n.nr = m.nr
WHERE n.number IN (SELECT child FROM heir UNION ALL SELECT base FROM edge WHERE child IN (FROM heir));
