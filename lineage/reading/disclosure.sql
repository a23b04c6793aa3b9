-- `rows` become `disclosure`: whether a model says what it was trained on.

CREATE OR REPLACE MACRO says_something(t) AS regexp_matches(t, '[^ \t\n\r\f\v]');

-- What is read first costs least and decides most; the tags of the whole Hub are thirty million.
CREATE OR REPLACE TABLE disclosure AS
WITH named AS (
    SELECT
        *,
        CASE WHEN contains(card, '"datasets"') THEN CASE WHEN json_valid(card) THEN card -> '$.datasets' END END AS datasets
    FROM rows
)
SELECT
    id,
    CASE
        WHEN CASE json_type(datasets)
            WHEN 'VARCHAR' THEN says_something(datasets ->> '$')
            WHEN 'OBJECT' THEN len(json_keys(datasets)) > 0
            WHEN 'ARRAY' THEN len(list_filter(
                from_json(datasets, '["JSON"]'),
                lambda j: CASE json_type(j)
                    WHEN 'VARCHAR' THEN says_something(j ->> '$') WHEN 'OBJECT' THEN len(json_keys(j)) > 0
                END
            )) > 0
        END THEN 'yes'
        WHEN len(list_filter(
            list_filter(tags, lambda t: starts_with(t, 'dataset:')), lambda t: says_something(substr(t, 9))
        )) > 0 THEN 'yes'
        WHEN card IS NOT NULL OR says_something(pipeline_tag) THEN 'no'
        WHEN len(list_filter(
            tags,
            lambda t: starts_with(t, 'license:') OR starts_with(t, 'base_model:')
                OR CASE WHEN strlen(t) = 2 THEN list_contains(getvariable('languages'), t) END
        )) > 0 THEN 'no'
        ELSE 'unknown'
    END AS disclosed
FROM named;
