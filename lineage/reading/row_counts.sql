-- What was read, and what was not; for when every row has found its place.
SELECT
    sum(rows_in)::BIGINT, (SELECT count(*) FROM model), (SELECT count(*) FROM rejected),
    sum(tags)::BIGINT, sum(cards)::BIGINT, sum(base_models)::BIGINT, sum(dates)::BIGINT
FROM unread;
