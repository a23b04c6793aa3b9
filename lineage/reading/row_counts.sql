-- What was read, and what was not.
SELECT rows_in, (SELECT count(*) FROM rows), (SELECT count(*) FROM rejected), tags, cards, base_models, dates
FROM unread;
