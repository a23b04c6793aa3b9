-- child, base, relation from the tags alone: a base with a label, or one that no label is given of. A label whose base
-- has no tag of its own was written by hand, and counts where nothing else names a base.
CREATE VIEW edge AS
WITH tag AS (SELECT id, unnest(tags) AS tag FROM raw),
plain AS (SELECT DISTINCT id, substr(tag, 12) AS base FROM tag WHERE regexp_matches(tag, '^base_model:[^:]+$')),
typed AS (
    SELECT DISTINCT id, regexp_extract(tag, '^base_model:(\w+):(.+)$', 2) AS base, split_part(tag, ':', 2) AS relation
    FROM tag WHERE regexp_matches(tag, '^base_model:(finetune|adapter|quantized|merge):')
),
said AS (
    SELECT id, base, relation, (id, lower(base)) IN (SELECT (id, lower(base)) FROM plain) AS by_the_hub FROM typed
    UNION ALL
    SELECT id, base, NULL, true FROM plain
    WHERE contains(base, '/') AND (id, lower(base)) NOT IN (SELECT (id, lower(base)) FROM typed)
)
SELECT id AS child, base, relation FROM said
WHERE lower(base) <> lower(id) AND (by_the_hub OR id NOT IN (SELECT id FROM said WHERE by_the_hub));
