-- `model`, `all_edge` and `numbered` become `node` (models and stubs, a row each, A–Z), `link` (edges between rows) and
-- `publisher`.

-- A stub exists from the least basis on under which it is the base of an edge.
CREATE OR REPLACE TABLE stub AS
SELECT base AS number, CASE WHEN bool_or(basis = 'declared') THEN 'declared' ELSE min(basis) END AS basis
FROM all_edge
WHERE base IN (SELECT number FROM numbered WHERE nr IS NULL)
GROUP BY base;

CREATE OR REPLACE TABLE placed AS
SELECT
    (row_number() OVER (ORDER BY n.number) - 1)::INTEGER AS row,
    n.number, n.id, n.nr, n.nr IS NULL AS stub, s.basis,
    -- The id of an account is compared without case.
    CASE WHEN contains(n.id, '/') THEN split_part(n.id, '/', 1) END AS account
FROM numbered AS n
LEFT JOIN stub AS s ON s.number = n.number
WHERE n.nr IS NOT NULL OR s.number IS NOT NULL;

-- An account is shown as most of its models spell it, ties A–Z.
CREATE OR REPLACE TABLE account AS
WITH spelled AS (
    SELECT account, first_value(account) OVER (PARTITION BY lower(account) ORDER BY models DESC, account) AS publisher
    FROM (SELECT account, count(*) FILTER (NOT stub) AS models FROM placed WHERE account IS NOT NULL GROUP BY account)
)
-- The row of `publishers`, which is A–Z.
SELECT account, publisher, (dense_rank() OVER (ORDER BY publisher) - 1)::INTEGER AS publisher_row
FROM spelled;

CREATE OR REPLACE TABLE relation_of AS
SELECT
    child,
    CASE
        WHEN count(DISTINCT coalesce(relation, '')) > 1 THEN 'mixed'
        ELSE coalesce(any_value(relation), 'unlabelled')
    END AS relation,
    min(base) FILTER (place = 0) AS base,
    count(*)::INTEGER AS bases
FROM all_edge
WHERE basis = 'declared'
GROUP BY child;

CREATE OR REPLACE TABLE node AS
SELECT
    p.row, p.number, p.id, p.nr, a.publisher, a.publisher_row, p.stub, p.basis,
    o.relation, b.row AS base_row, coalesce(o.bases, 0) AS bases
FROM placed AS p
LEFT JOIN account AS a ON a.account = p.account
LEFT JOIN relation_of AS o ON o.child = p.number
LEFT JOIN placed AS b ON b.number = o.base;

CREATE OR REPLACE TABLE link AS
WITH joined AS (SELECT number FROM placed WHERE number IN (SELECT child FROM all_edge UNION ALL SELECT base FROM all_edge)),
dated AS (
    SELECT p.number, p.row, m.created_at
    FROM placed AS p
    LEFT JOIN model AS m ON m.nr = p.nr
    WHERE p.number IN (FROM joined)
)
SELECT
    e.* EXCLUDE (child, base),
    c.created_at < b.created_at AS older_than_base,
    c.row AS child_row,
    b.row AS base_row
FROM all_edge AS e
JOIN dated AS c ON c.number = e.child
JOIN dated AS b ON b.number = e.base;

-- What the program knows about an account, and what the snapshot holds of it.
CREATE OR REPLACE TABLE publisher AS
WITH touched AS (
    SELECT child_row AS row FROM link WHERE basis = 'declared'
    UNION
    SELECT base_row FROM link WHERE basis = 'declared'
),
hosted AS (
    SELECT
        n.publisher,
        count(*) FILTER (NOT n.stub) AS models,
        count(*) FILTER (n.stub AND n.basis = 'declared') AS stubs,
        sum(m.downloads)::BIGINT AS downloads,
        bool_or(t.row IS NOT NULL) AS touched
    FROM node AS n
    LEFT JOIN touched AS t ON t.row = n.row
    LEFT JOIN model AS m ON m.nr = n.nr
    WHERE n.publisher IS NOT NULL
    GROUP BY n.publisher
)
SELECT
    h.publisher,
    coalesce(k.owner_group, h.publisher) AS owner,
    k.owner_group, k.type, k.countries, h.models, h.stubs, h.downloads, h.touched
FROM hosted AS h
LEFT JOIN known_account AS k ON k.key = lower(h.publisher)
ORDER BY h.publisher;

DROP TABLE placed;

DROP TABLE account;

DROP TABLE all_edge;
