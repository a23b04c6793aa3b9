-- `matched` becomes `judged_claim` (each with the reason why it makes no edge) and `edge` (one per child and base).

-- A card keeps the old name of a renamed base while the Hub gives the new one. Only a name that is
-- nobody's id can be an old one, and only a base that the card does not name besides can be its new one.
CREATE OR REPLACE TABLE alias AS
WITH named AS (
    SELECT child, evidence, base, bool_or(known) AS known, min(position) AS position
    FROM matched
    WHERE base IS NOT NULL AND evidence IN ('hub', 'tag', 'card')
        -- Only who names in the card what is nobody's id can name an old name.
        AND child IN (SELECT child FROM matched WHERE evidence = 'card' AND base IS NOT NULL AND NOT known)
    GROUP BY ALL
),
counted AS (
    SELECT
        *,
        count(*) OVER (PARTITION BY child, evidence) AS n,
        row_number() OVER (PARTITION BY child, evidence ORDER BY position NULLS LAST, base) AS place
    FROM named
),
pair AS (
    SELECT card.child, card.base AS old, other.base AS new, other.evidence
    FROM counted AS card
    JOIN counted AS other ON other.child = card.child
    WHERE card.evidence = 'card' AND NOT card.known
        AND (
            (other.evidence = 'hub' AND other.n = card.n AND other.place = card.place)
            OR (other.evidence = 'tag' AND other.n = 1 AND card.n = 1)
        )
)
SELECT child, old, arg_min(new, CASE evidence WHEN 'hub' THEN 0 ELSE 1 END) AS new
FROM pair AS p
WHERE NOT EXISTS (FROM named AS n WHERE n.child = p.child AND n.evidence IN ('hub', 'tag') AND n.base = p.old)
    AND NOT EXISTS (FROM named AS n WHERE n.child = p.child AND n.evidence = 'card' AND n.base = p.new)
GROUP BY child, old;

CREATE OR REPLACE TABLE settled AS
SELECT
    m.* EXCLUDE (base, reason, piece, known),
    coalesce(a.new, m.base) AS base,
    a.new IS NOT NULL AS is_alias,
    CASE
        WHEN m.base IS NULL THEN m.reason
        WHEN coalesce(a.new, m.base) = m.child THEN 'self-loop'
    END AS reason
FROM matched AS m
LEFT JOIN alias AS a ON a.child = m.child AND a.old = m.base AND m.evidence IN ('card', 'config', 'text');

-- A hand-written tag counts only where nothing better names a base, or where it names the same one.
-- Of the fields of a card the first that names a base counts. A phrase counts while its rule is on.
CREATE OR REPLACE TABLE judged_claim AS
WITH better AS (
    SELECT DISTINCT child, base
    FROM settled
    WHERE reason IS NULL AND evidence IN ('hub', 'tag', 'card')
        AND child IN (SELECT child FROM settled WHERE evidence = 'tag-author')
),
field AS (
    SELECT child, min(field_place) AS first
    FROM settled
    WHERE reason IS NULL AND evidence = 'card'
        AND child IN (SELECT child FROM settled WHERE evidence = 'card' AND field_place > 0)
    GROUP BY child
)
SELECT
    s.* EXCLUDE (reason, field_place),
    CASE
        WHEN s.reason IS NOT NULL THEN s.reason
        WHEN s.evidence = 'tag-author'
            AND s.child IN (SELECT child FROM better)
            AND (s.child, s.base) NOT IN (SELECT (child, base) FROM better)
            THEN 'hand-written'
        WHEN s.evidence = 'card' AND s.field_place > f.first THEN 'other-field'
        WHEN s.evidence = 'text' AND s.rule NOT IN (SELECT unnest(getvariable('rules_on'))) THEN 'rule-off'
    END AS reason
FROM settled AS s
LEFT JOIN field AS f ON f.child = s.child;

CREATE OR REPLACE TABLE edge AS
WITH declared AS (
    SELECT
        child,
        base,
        min(CASE evidence WHEN 'hub' THEN 0 WHEN 'tag' THEN 1 WHEN 'card' THEN 2 WHEN 'config' THEN 3 ELSE 4 END) AS trust,
        min(label) FILTER (evidence = 'card') AS by_card,
        min(label) FILTER (evidence = 'hub') AS by_hub,
        min(label) FILTER (evidence IN ('tag', 'tag-author')) AS by_tag,
        bool_or(evidence = 'config') AS by_config,
        count(DISTINCT label) > 1 AS conflict,
        min(position) FILTER (evidence = 'card') AS card_position,
        min(position) FILTER (evidence = 'hub') AS hub_position
    FROM judged_claim
    WHERE reason IS NULL AND evidence <> 'text'
    GROUP BY child, base
)
SELECT
    child,
    base,
    coalesce(by_card, by_hub, by_tag, CASE WHEN by_config THEN 'adapter' END) AS relation,
    CASE
        WHEN by_card IS NOT NULL THEN 'card'
        WHEN by_hub IS NOT NULL THEN 'hub'
        WHEN by_tag IS NOT NULL THEN 'tag'
        WHEN by_config THEN 'config'
    END AS labelled_by,
    ['hub', 'tag', 'card', 'config', 'tag-author'][trust + 1] AS evidence,
    NULL::VARCHAR AS rule,
    'declared' AS basis,
    conflict,
    -- The order of a child's bases: that of its card, then that of the Hub; tags alone have none.
    coalesce(card_position, 1000000 + hub_position)::INTEGER AS position
FROM declared;

-- What only the prose says. Of several phrases the first rule A–Z lends its name, the first label its relation.
CREATE OR REPLACE TABLE stated_edge AS
SELECT child, base, min(label) AS label, min(rule) AS rule
FROM judged_claim AS j
WHERE reason IS NULL AND evidence = 'text' AND NOT EXISTS (FROM edge AS e WHERE e.child = j.child AND e.base = j.base)
GROUP BY child, base;
