-- What was read, and what was not.
SELECT
    (SELECT count(*) FROM typed),
    (SELECT count(*) FROM rows),
    (SELECT count(*) FROM rejected),
    (SELECT count(*) FROM judged WHERE tags IS NULL AND NOT is_null_word(tags_text)),
    (SELECT count(*) FROM judged WHERE card IS NULL AND NOT is_null_word(card_text)),
    (SELECT count(*) FROM judged WHERE base_models IS NULL AND NOT is_null_word(base_models_text)),
    (SELECT count(*) FROM judged
        WHERE (created_at IS NULL AND NOT is_null_word(created_at_text))
            OR (last_modified IS NULL AND NOT is_null_word(last_modified_text)));
