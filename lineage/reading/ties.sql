-- Rows of several parts that share an id, or the Hub's key, and those whose card came after the pages (`card_text`):
-- their numbers, so that they can be read once more. Ids are compared by their hash first, which is a tenth of the work.

CREATE OR REPLACE TABLE tied AS
WITH every AS (
    SELECT nr, id, hub_key, true AS taken FROM model
    UNION ALL
    SELECT nr, id, hub_key, false FROM contender
),
like_id AS (
    SELECT nr, id FROM every WHERE hash(id) IN (SELECT hash(id) FROM every GROUP BY 1 HAVING count(*) > 1)
),
like_key AS (
    SELECT nr, hub_key FROM every
    WHERE hub_key IS NOT NULL
        AND hash(hub_key) IN (SELECT hash(hub_key) FROM every WHERE hub_key IS NOT NULL GROUP BY 1 HAVING count(*) > 1)
),
met AS (
    SELECT nr FROM like_id WHERE id IN (SELECT id FROM like_id GROUP BY id HAVING count(*) > 1)
    UNION
    SELECT nr FROM like_key WHERE hub_key IN (SELECT hub_key FROM like_key GROUP BY hub_key HAVING count(*) > 1)
),
told AS (SELECT nr FROM every WHERE id IN (SELECT id FROM card_text))
SELECT nr FROM met WHERE nr IN (SELECT nr FROM every WHERE taken)
UNION
FROM told;

DELETE FROM contender WHERE nr IN (FROM tied);

DELETE FROM model WHERE nr IN (FROM tied);

DELETE FROM claim WHERE nr IN (FROM tied);
