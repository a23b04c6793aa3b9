WITH owner AS (SELECT publisher, coalesce(lower(owner_group), publisher) AS owner FROM publishers),
link AS (
    SELECT e.child, e.base, e.relation, c.owner = b.owner AS own
    FROM edges AS e
    JOIN models AS m ON m.id = e.child
    JOIN models AS n ON n.id = e.base
    LEFT JOIN owner AS c ON c.publisher = m.publisher
    LEFT JOIN owner AS b ON b.publisher = n.publisher
    WHERE e.basis = 'declared'
),
quantized AS (SELECT DISTINCT child FROM link WHERE relation IN ('quantized', 'copy')),
-- An intermediary's second step stands on its first, a third on that: three are more than there are.
first AS (SELECT child FROM quantized WHERE child NOT IN (SELECT child FROM link WHERE own)),
second AS (SELECT child FROM quantized WHERE child NOT IN (SELECT child FROM link WHERE own AND base NOT IN (FROM first))),
third AS (SELECT child FROM quantized WHERE child NOT IN (SELECT child FROM link WHERE own AND base NOT IN (FROM second)))
SELECT sum(downloads) FROM models WHERE id IN (FROM third)
