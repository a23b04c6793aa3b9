-- What counts as a value: the rules by which text columns become typed ones, for every part of the input.

CREATE OR REPLACE MACRO is_null_word(t) AS coalesce(lower(trim(t)), '') IN ('', 'null', 'none', 'nan');

-- The first spelling that a row fills counts. Long texts are no null words, whatever they are.
CREATE OR REPLACE MACRO filled(t) AS CASE WHEN strlen(t) > 16 OR NOT is_null_word(t) THEN t END;

-- As `str` of a list or an object is: no JSON begins like this.
CREATE OR REPLACE MACRO written_by_python(t) AS
    starts_with(t, '{''') OR starts_with(t, '[''') OR starts_with(t, '[{''');

-- One text, or a list of them in JSON or as Python writes it.
CREATE OR REPLACE MACRO listed_text(t) AS CASE
    WHEN json_valid(t) AND json_type(t) IN ('ARRAY', 'OBJECT') THEN t::JSON
    WHEN t LIKE '[%' AND json_valid(replace(t, chr(39), chr(34))) THEN replace(t, chr(39), chr(34))::JSON
    WHEN t IS NOT NULL THEN to_json(t)
END;

-- A count is a whole number of at most 18 digits; tables that passed through floats write 12.0.
CREATE OR REPLACE MACRO whole_number(t) AS CASE
    WHEN regexp_full_match(trim(t), '\d{1,18}(\.0+)?') THEN try_cast(split_part(trim(t), '.', 1) AS BIGINT)
END;

-- `infinity` and `epoch` are words that the cast knows and no Hub writes.
CREATE OR REPLACE MACRO date_and_time(t) AS CASE
    WHEN regexp_matches(t, '^\s*\d{4}-') THEN try_cast(t AS TIMESTAMPTZ)
END;

CREATE OR REPLACE MACRO word(t) AS CASE WHEN NOT is_null_word(t) THEN trim(t) END;

-- A word in a field of a card; it is only looked for where its name stands.
CREATE OR REPLACE MACRO word_in(card, field) AS CASE WHEN contains(card, '"' || field || '"') THEN
    CASE WHEN json_type(card, '$.' || field) = 'VARCHAR' THEN word(json_extract_string(card, '$.' || field)) END
END;

CREATE OR REPLACE MACRO begins_as(t, kind) AS CASE
    WHEN starts_with(ltrim(t, E' \t\n\r'), CASE kind WHEN 'ARRAY' THEN '[' ELSE '{' END) THEN t
END;

CREATE OR REPLACE MACRO of_type(t, kind) AS CASE WHEN json_valid(t) THEN begins_as(t, kind) END;

-- A field of a card that is one text, or a list of them, as a list in JSON.
CREATE OR REPLACE MACRO card_list(j) AS CASE json_type(j)
    WHEN 'ARRAY' THEN j::VARCHAR
    WHEN 'VARCHAR' THEN json_array(j ->> '$')::VARCHAR
END;

-- A list of texts and nothing else, as nearly all are: one look tells, where reading the list would take five.
CREATE OR REPLACE MACRO lists_texts(t) AS
    regexp_full_match(t, '\[("([^"\\\x00-\x1f]|\\["\\/bfnrt])*"(, ?"([^"\\\x00-\x1f]|\\["\\/bfnrt])*")*)?\]');

-- The texts in a list; JSON null and numbers inside a tag list are nobody's tags.
CREATE OR REPLACE MACRO texts_in(t) AS CASE
    WHEN lists_texts(t) THEN t ->> '$[*]'
    ELSE list_transform(
        list_filter(from_json(t, '["JSON"]'), lambda j: json_type(j) = 'VARCHAR'), lambda j: j ->> '$'
    )
END;
