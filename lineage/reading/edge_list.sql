-- `edge_row` (child, base, relation as written) becomes rows of `spelled`: one per child, with all its bases.

CREATE OR REPLACE MACRO is_blank(t) AS coalesce(trim(t), '') = '';

-- Columns called source and target come in both directions. A model has one base, or a few; a base has
-- many models: so the side with fewer different ids is that of the bases. In a draw it is `source`.
CREATE OR REPLACE TABLE sides AS
SELECT count(DISTINCT child) AS children, count(DISTINCT base) AS bases FROM edge_row WHERE undirected;

CREATE OR REPLACE TABLE directed AS
SELECT
    CASE WHEN undirected AND bases >= children THEN base ELSE child END AS child,
    CASE WHEN undirected AND bases >= children THEN child ELSE base END AS base,
    relation, problem, problem_text
FROM edge_row, sides;

INSERT INTO spelled (id, listed)
SELECT
    trim(child),
    to_json(list_sort(list(DISTINCT {'base': trim(base), 'relation': trim(relation)})
        FILTER (NOT is_blank(base))))::VARCHAR
FROM directed
WHERE problem IS NULL AND NOT is_blank(child)
GROUP BY trim(child)
ORDER BY trim(child);

INSERT INTO spelled (id, problem, problem_text)
SELECT NULL, coalesce(problem, 'no-id'), coalesce(problem_text, to_json({'base': base, 'relation': relation})::VARCHAR)
FROM directed
WHERE problem IS NOT NULL OR is_blank(child);
