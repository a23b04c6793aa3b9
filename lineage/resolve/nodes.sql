-- `rows`, `all_edge` and what the repositories hold become `node` (models and stubs, numbered A–Z) and `link`
-- (edges between numbers).

-- Each element once, at its first place.
CREATE OR REPLACE MACRO list_distinct_in_order(l) AS
    list_filter(l, lambda x, i: list_position(l, x) = i);

-- The id of an account is compared without case; it is shown as most of its models spell it.
CREATE OR REPLACE TABLE named_node AS
SELECT id, false AS stub, CASE WHEN contains(id, '/') THEN split_part(id, '/', 1) END AS account, NULL AS basis FROM rows
UNION ALL
-- A stub exists from the least basis on under which it is the base of an edge.
SELECT base, true, CASE WHEN contains(base, '/') THEN split_part(base, '/', 1) END,
    CASE WHEN bool_or(basis = 'declared') THEN 'declared' ELSE min(basis) END
FROM all_edge
WHERE base NOT IN (SELECT id FROM rows)
GROUP BY base;

CREATE OR REPLACE TABLE account AS
SELECT lower(account) AS key, arg_max(account, (models, -place)) AS publisher
FROM (
    SELECT
        account,
        count(*) FILTER (NOT stub) AS models,
        row_number() OVER (PARTITION BY lower(account) ORDER BY account) AS place
    FROM named_node
    WHERE account IS NOT NULL
    GROUP BY account
)
GROUP BY key;

CREATE OR REPLACE TABLE card_licence AS
SELECT
    id,
    list_distinct_in_order(list_filter(
        CASE json_type(card -> '$.license')
            WHEN 'VARCHAR' THEN [trim(card ->> '$.license')]
            WHEN 'ARRAY' THEN list_transform(
                from_json(card -> '$.license', '["JSON"]'),
                lambda j: CASE WHEN json_type(j) = 'VARCHAR' THEN trim(j ->> '$') END
            )
        END,
        lambda l: coalesce(l, '') <> ''
    )) AS licences
FROM rows
WHERE card IS NOT NULL;

CREATE OR REPLACE TABLE relation_of AS
SELECT
    child,
    CASE
        WHEN count(DISTINCT coalesce(relation, '')) > 1 THEN 'mixed'
        ELSE coalesce(any_value(relation), 'unlabelled')
    END AS relation,
    min(base) FILTER (place = 0) AS base,
    count(*) AS bases
FROM all_edge
WHERE basis = 'declared'
GROUP BY child;

-- The number is given before the columns come; they are put in order once, when they are fetched.
CREATE OR REPLACE TABLE numbered AS
SELECT row_number() OVER (ORDER BY id) - 1 AS number, * FROM named_node;

CREATE OR REPLACE TABLE node AS
SELECT
    n.number,
    n.id,
    a.publisher,
    n.stub,
    n.basis,
    r.hub_id, r.created_at, r.last_modified, r.downloads, r.downloads_all_time, r.likes, r.pipeline_tag,
    coalesce(
        r.library_name,
        list_filter(r.tags, lambda t: list_contains(getvariable('libraries'), lower(t)))[1]
    ) AS library,
    CASE
        WHEN len(c.licences) > 0 THEN c.licences
        ELSE nullif(list_sort(list_distinct(list_filter(
            list_transform(list_filter(r.tags, lambda t: starts_with(t, 'license:')), lambda t: trim(substr(t, 9))),
            lambda l: l <> ''
        ))), [])
    END AS licences,
    CASE WHEN NOT n.stub THEN coalesce(list_contains(r.tags, 'gguf'), false) END AS gguf,
    -- Who packed the files, by the card's own word.
    CASE WHEN NOT n.stub THEN coalesce(
        nullif(trim(CASE json_type(r.card -> '$.quantized_by')
            WHEN 'VARCHAR' THEN r.card ->> '$.quantized_by'
            WHEN 'ARRAY' THEN r.card ->> '$.quantized_by[0]'
        END), ''),
        a.publisher
    ) END AS produced_by,
    w.format, w.format_evidence, w.bits,
    p.parameters, p.parameters_evidence,
    d.disclosed,
    r.card_problem, r.card_oddities,
    o.relation, o.base, coalesce(o.bases, 0) AS bases
FROM numbered AS n
LEFT JOIN rows AS r ON NOT n.stub AND r.id = n.id
LEFT JOIN account AS a ON a.key = lower(n.account)
LEFT JOIN card_licence AS c ON c.id = r.id
LEFT JOIN relation_of AS o ON o.child = n.id
LEFT JOIN weights AS w ON w.id = r.id
LEFT JOIN parameters AS p ON p.id = r.id
LEFT JOIN disclosure AS d ON d.id = r.id;

CREATE OR REPLACE TABLE link AS
SELECT
    e.*,
    c.created_at < b.created_at AS older_than_base,
    c.number AS child_row,
    b.number AS base_row
FROM all_edge AS e
JOIN node AS c ON c.id = e.child
JOIN node AS b ON b.id = e.base
ORDER BY e.child, e.place;

-- What the program knows about an account, and what the snapshot holds of it.
CREATE OR REPLACE TABLE publisher AS
WITH touched AS (
    SELECT child_row AS number FROM link WHERE basis = 'declared'
    UNION
    SELECT base_row FROM link WHERE basis = 'declared'
)
SELECT
    n.publisher,
    coalesce(any_value(k.owner_group), n.publisher) AS owner,
    any_value(k.owner_group) AS owner_group,
    any_value(k.type) AS type,
    any_value(k.countries) AS countries,
    count(*) FILTER (NOT n.stub) AS models,
    count(*) FILTER (n.stub AND n.basis = 'declared') AS stubs,
    sum(n.downloads)::BIGINT AS downloads,
    bool_or(t.number IS NOT NULL) AS touched
FROM node AS n
LEFT JOIN touched AS t ON t.number = n.number
LEFT JOIN known_account AS k ON k.key = lower(n.publisher)
WHERE n.publisher IS NOT NULL
GROUP BY n.publisher
ORDER BY n.publisher;
