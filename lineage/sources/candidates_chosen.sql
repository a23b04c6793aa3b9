-- `seen` and `asked` (ids whose cards are here) become `candidate`: id and downloads of the models whose cards are to be
-- asked for, each model as it was last seen.
CREATE OR REPLACE TABLE candidate AS
WITH last_seen AS (
    SELECT id, max({
        'seen_at': seen_at, 'last_modified': last_modified, 'downloads': downloads, 'hub_id': hub_id, 'wanted': wanted
    }) AS latest
    FROM seen
    GROUP BY id
),
-- A model that got another name was seen under both.
named AS (
    SELECT id, latest
    FROM last_seen
    QUALIFY row_number() OVER (
        PARTITION BY coalesce(latest.hub_id, id) ORDER BY latest.seen_at DESC, latest.last_modified DESC, id
    ) = 1
)
SELECT id, latest.downloads AS downloads
FROM named
WHERE latest.wanted AND id NOT IN (SELECT id FROM asked);
