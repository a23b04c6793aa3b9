-- `graph_model` and `graph_edge` (a synthetic graph, cut to its first rows) become the views `typed`, `line` and
-- `truth`: records as the Hub sends them, a chunk at a time (variables `first` and `last`), and what they say.
--
-- All chance is the hash of a row number and a salt, so that a row is the same in every form and on every run.

CREATE OR REPLACE MACRO roll(nr, salt) AS (hash(nr * 100 + salt) % 1000000)::INTEGER;

CREATE OR REPLACE MACRO one_in(nr, salt, n) AS hash(nr * 100 + salt) % n = 0;

CREATE OR REPLACE MACRO pick(l, nr, salt) AS l[1 + (hash(nr * 100 + salt) % len(l))::BIGINT];

CREATE OR REPLACE MACRO several(l, nr, salt, n) AS [pick(l, nr * 20 + i, salt) FOR i IN range(n::BIGINT)];

-- An object of the fields that are there.
CREATE OR REPLACE MACRO field(name, json) AS '"' || name || '":' || json;

CREATE OR REPLACE MACRO repository(nr, created) AS
    printf('%08x%016x', epoch(created)::BIGINT, hash(nr * 100 + 99));

CREATE OR REPLACE TABLE word AS
SELECT
    ['en', 'en', 'en', 'en', 'zh', 'fr', 'de', 'es', 'ko', 'ja', 'ar', 'hi', 'ru', 'multilingual'] AS languages,
    ['apache-2.0', 'apache-2.0', 'apache-2.0', 'mit', 'mit', 'other', 'llama3.1', 'gemma', 'cc-by-nc-4.0',
        'openrail', 'creativeml-openrail-m'] AS licences,
    ['generated_from_trainer', 'trl', 'sft', 'dpo', 'grpo', 'unsloth', 'llama-factory', 'axolotl', 'conversational',
        'custom_code', 'math', 'code', 'medical', 'finance', 'roleplay', 'uncensored', 'reasoning', 'vision',
        'stable-diffusion', 'image-generation', 'template:sd-lora', 'reinforcement-learning', 'tiny', 'test',
        'überblick', '模型'] AS words,
    ['llama', 'qwen2', 'qwen3', 'mistral', 'gemma2', 'bert', 'roberta', 'wav2vec2', 'whisper', 'vit', 't5'] AS kinds,
    ['LlamaForCausalLM', 'Qwen2ForCausalLM', 'Qwen3ForCausalLM', 'MistralForCausalLM', 'Gemma2ForCausalLM',
        'BertForSequenceClassification', 'RobertaForTokenClassification', 'Wav2Vec2ForCTC',
        'WhisperForConditionalGeneration', 'ViTForImageClassification', 'T5ForConditionalGeneration'] AS architectures,
    [7241732096, 8030261248, 124439808, 109483778, 494032768, 1543714304, 3212749824, 70553706496] AS sizes,
    ['', '', 'none', 'None', 'N/A', 'unknown', '-', 'null', '[More Information Needed]'] AS null_words;

-- How quantizers pack: name suffix, library, method and bits in the configuration, and tags.
CREATE OR REPLACE TABLE packing (
    upto INTEGER, suffix VARCHAR, library VARCHAR, method VARCHAR, bits INTEGER, tags VARCHAR[]
);
INSERT INTO packing VALUES
    (300000, '-GGUF', NULL, NULL, NULL, ['gguf', 'imatrix']),
    (450000, '-i1-GGUF', 'transformers', NULL, NULL, ['transformers', 'gguf', 'conversational']),
    (600000, '-Q4_K_M-GGUF', 'gguf', NULL, NULL, ['gguf', 'llama-cpp', 'gguf-my-repo']),
    (700000, '-mlx-4Bit', 'mlx', 'affine', 4, ['mlx', 'safetensors', '4-bit']),
    (750000, '-8bit', 'mlx', NULL, NULL, ['mlx', 'safetensors', '8-bit']),
    (830000, '-AWQ', 'transformers', 'awq', 4, ['transformers', 'safetensors', '4-bit', 'awq']),
    (890000, '-GPTQ-Int4', 'transformers', 'gptq', 4, ['transformers', 'safetensors', '4-bit', 'gptq']),
    (950000, '-bnb-4bit', 'transformers', 'bitsandbytes', 4, ['transformers', 'safetensors', '4-bit', 'bitsandbytes']),
    (980000, '-FP8-dynamic', 'transformers', 'compressed-tensors', 8, ['transformers', 'safetensors', 'fp8']),
    (1000000, '-ONNX', 'transformers.js', NULL, NULL, ['transformers.js', 'onnx']);

-- Four in five quantizations are called after what they were made from, where that name is free.
CREATE OR REPLACE TABLE model AS
WITH called AS (
    SELECT
        m.idx AS nr, m.id AS id_of_graph, m.author, m.relation, m.downloads, m.likes, m.created_at, m.task,
        -- The graph deals out libraries blindly; here what was made decides.
        CASE
            WHEN m.relation = 'quantized' THEN p.library
            WHEN m.relation = 'adapter' THEN 'peft'
            WHEN m.library = 'gguf' THEN 'sentence-transformers'
            WHEN m.library <> 'peft' THEN m.library
        END AS library,
        p.method, p.bits, p.tags AS packing_tags,
        CASE WHEN m.relation = 'quantized' AND roll(m.idx, 1) < 800000
            THEN m.author || '/' || split_part(b.id, '/', 2) || p.suffix END AS packed
    FROM graph_model AS m
    LEFT JOIN (SELECT child, min(parent) AS parent FROM graph_edge WHERE parent <> child GROUP BY child) AS e
        ON m.relation = 'quantized' AND e.child = m.idx
    LEFT JOIN graph_model AS b ON b.idx = e.parent
    LEFT JOIN packing AS p
        ON m.relation = 'quantized' AND p.upto = (SELECT min(upto) FROM packing WHERE upto > roll(m.idx, 2))
)
SELECT
    * EXCLUDE (packed),
    CASE WHEN packed IS NOT NULL AND row_number() OVER (PARTITION BY packed ORDER BY nr) = 1
        THEN packed ELSE id_of_graph END AS id,
    repository(nr, created_at) AS key
FROM called
ORDER BY nr;

-- What each derived model was made from, in an order that is not A–Z.
CREATE OR REPLACE TABLE made_from AS
SELECT e.child AS nr, list({'_id': b.key, 'id': b.id} ORDER BY hash(e.parent), e.parent) AS bases
FROM graph_edge AS e
JOIN model AS b ON b.nr = e.parent
GROUP BY e.child
ORDER BY e.child;

-- What is said of the bases, and where. Three derived models in eight say nothing, as on the Hub.
CREATE OR REPLACE VIEW speaking AS
SELECT
    m.*,
    coalesce(f.bases, []) AS bases,
    CASE WHEN roll(m.nr, 3) < 10000 THEN (hash(m.nr * 100 + 4) % 18)::INTEGER END AS odd,
    len(f.bases) > 0 AND roll(m.nr, 5) < 620000 AS declares,
    CASE WHEN len(f.bases) = 1 AND roll(m.nr, 6) < 20000 THEN 'gone'
        WHEN roll(m.nr, 7) < 10000 THEN 'renamed'
        WHEN roll(m.nr, 8) < 10000 THEN 'dirty' END AS twist,
    (hash(m.nr * 100 + 9) % 16)::INTEGER AS dirt,
    roll(m.nr, 10) AS way
FROM model AS m
LEFT JOIN made_from AS f ON f.nr = m.nr
WHERE m.nr >= getvariable('first') AND m.nr < getvariable('last');

CREATE OR REPLACE VIEW said AS
SELECT
    *,
    -- The Hub resolves what it can: neither a lost model, nor a path, a blank or a word for nothing.
    declares AND twist IS DISTINCT FROM 'gone' AND NOT (coalesce(twist, '') = 'dirty' AND dirt >= 7) AS resolved,
    declares AND (way < 910000 OR coalesce(twist, '') IN ('gone', 'dirty')) AS in_card,
    resolved AND (way < 780000 OR way >= 910000) AND way < 980000 AS in_hub,
    declares AND (resolved OR coalesce(twist, '') = 'gone') AND (way < 860000 OR way >= 910000) AS in_tags,
    way >= 980000 AS by_hand,
    declares AND relation = 'adapter' AND roll(nr, 11) < 700000 AS in_config,
    CASE twist WHEN 'gone' THEN ['gone-account-' || roll(nr, 12) % 40000 || '/lost-model-' || roll(nr, 13) % 7]
        ELSE [b.id FOR b IN bases] END AS named
FROM speaking;

-- The first base as people write it, as JSON.
CREATE OR REPLACE MACRO written(b, other, nr, dirt, nothing) AS CASE dirt
    WHEN 0 THEN to_json('https://huggingface.co/' || b)
    WHEN 1 THEN to_json('https://hf.co/' || b || '/tree/main')
    WHEN 2 THEN to_json('[' || split_part(b, '/', 2) || '](https://huggingface.co/' || b || ')')
    WHEN 3 THEN to_json(' ' || b || chr(8203) || chr(10))
    WHEN 4 THEN to_json(lower(b))
    WHEN 5 THEN to_json('`' || b || '`')
    WHEN 6 THEN to_json(b || ', ' || other)
    WHEN 7 THEN to_json('/home/user-' || nr || '/models/' || split_part(b, '/', 2))
    WHEN 8 THEN to_json('./out-' || nr || '/checkpoint-500')
    WHEN 9 THEN to_json('C:\models\' || split_part(b, '/', 2))
    WHEN 10 THEN to_json(nothing)
    WHEN 11 THEN to_json('Llama 2 7B')
    WHEN 12 THEN '7'
    WHEN 13 THEN '[["' || b || '"]]'
    WHEN 14 THEN '{"revision": "main"}'
    ELSE '[]'
END;

CREATE OR REPLACE VIEW described AS
SELECT
    s.*, w.*,
    CASE WHEN in_card THEN CASE
        WHEN coalesce(twist, '') = 'dirty' THEN written(named[1], coalesce(named[2], named[1]), nr, dirt, pick(null_words, nr, 14))
        WHEN coalesce(twist, '') = 'renamed' THEN to_json(['former-' || n FOR n IN named])
        WHEN len(named) > 1 OR one_in(nr, 15, 2) THEN to_json(named)
        ELSE to_json(named[1])
    END END AS base_model,
    in_card OR roll(nr, 16) < 700000 AS has_card,
    CASE WHEN roll(nr, 17) < 600000 THEN pick(licences, nr, 18) END AS licence,
    CASE WHEN roll(nr, 19) < 350000 THEN several(languages, nr, 20, 1 + roll(nr, 21) % 2) END AS spoken,
    CASE WHEN roll(nr, 22) < 200000 THEN
        ['lab-' || roll(nr, 23) % 900 || '/data-' || roll(nr * 7 + i, 24) % 9000 FOR i IN range(1 + roll(nr, 25) % 3)]
    END AS datasets,
    several(words, nr, 26, roll(nr, 27) % 5) AS own_tags,
    1 + (hash(nr * 100 + 28) % len(kinds))::BIGINT AS kind,
    pick(sizes, nr, 29) AS size,
    created_at + INTERVAL (roll(nr, 30) % 400) HOUR AS changed_at
FROM said AS s, word AS w;

CREATE OR REPLACE VIEW full_record AS
SELECT
    *,
    list_filter(
        list_concat(
            coalesce(packing_tags, [library, CASE WHEN one_in(nr, 31, 2) THEN 'safetensors' END, kinds[kind]]),
            own_tags, spoken, [task],
            ['dataset:' || d FOR d IN datasets],
            [CASE WHEN roll(nr, 32) < 150000 THEN 'arxiv:' || (1900 + roll(nr, 33) % 700) || '.' || (10000 + roll(nr, 34) % 90000) END],
            CASE WHEN in_tags THEN list_concat(
                CASE WHEN NOT by_hand THEN ['base_model:' || n FOR n IN named] END,
                CASE WHEN twist IS DISTINCT FROM 'gone' THEN ['base_model:' || relation || ':' || n FOR n IN named] END
            ) END,
            ['license:' || licence],
            [CASE WHEN one_in(nr, 35, 2) THEN 'endpoints_compatible' END, CASE WHEN one_in(nr, 36, 3) THEN 'autotrain_compatible' END,
                'region:us', CASE WHEN odd = 6 THEN '' END]
        ),
        lambda t: t IS NOT NULL
    ) AS tags,
    CASE
        WHEN odd = 7 THEN 'license: mit'
        WHEN odd = 8 THEN '[1, 2]'
        WHEN has_card THEN '{' || concat_ws(
            ', ',
            field('base_model', base_model),
            CASE WHEN base_model IS NOT NULL AND roll(nr, 37) < 80000 THEN field('base_model_relation', to_json(
                CASE WHEN roll(nr, 38) < 30000 THEN pick(['Quantized ', 'fine-tune', 'lora'], nr, 39) ELSE relation END
            )) END,
            field('license', to_json(licence)),
            field('language', CASE WHEN len(spoken) = 1 THEN to_json(spoken[1]) ELSE to_json(spoken) END),
            field('library_name', to_json(library)),
            field('tags', CASE WHEN len(own_tags) > 0 THEN to_json(own_tags) END),
            field('datasets', CASE WHEN len(datasets) = 1 AND one_in(nr, 40, 4) THEN to_json(datasets[1]) ELSE to_json(datasets) END),
            CASE WHEN relation = 'quantized' AND roll(nr, 41) < 300000 THEN field('quantized_by', to_json(author)) END,
            CASE WHEN roll(nr, 42) < 120000 THEN field('model-index', '[{"name": "' || split_part(id, '/', 2) || '", "results": [{"task": '
                || '{"type": "text-classification"}, "metrics": [{"type": "accuracy", "value": 0.' || roll(nr, 43) || '}]}]}]') END,
            CASE WHEN roll(nr, 44) < 150000 THEN field('widget', '[{"text": "' || repeat('a sentence to try, ', 3) || '"}]') END
        ) || '}'
    END AS card_data,
    CASE WHEN in_hub THEN {'relation': relation, 'models': bases} END AS base_models,
    CASE
        WHEN odd = 10 THEN 'bad'
        WHEN roll(nr, 45) < 700000 THEN '{' || concat_ws(
            ', ',
            field('architectures', '["' || architectures[kind] || '"]'),
            field('model_type', '"' || kinds[kind] || '"'),
            field('quantization_config', '{"quant_method": "' || method || '", "bits": ' || bits || '}'),
            CASE WHEN relation = 'adapter' AND (in_config OR roll(nr, 46) < 300000) THEN field('peft',
                '{"base_model_name_or_path": "'
                || CASE WHEN in_config THEN named[1] ELSE '/root/models/base-' || roll(nr, 47) END
                || '", "task_type": "CAUSAL_LM"}') END,
            -- Chat templates are the bulk of what the Hub keeps of a configuration.
            field('tokenizer_config', '{"bos_token": "<s>", "eos_token": "</s>"' || CASE WHEN one_in(nr, 48, 3) THEN ', "chat_template": "'
                || repeat('{% for m in messages %}<|turn|>{{ m.role }}: {{ m.content }}{% endfor %}\n', 2 + roll(nr, 49) % 40) || '"' ELSE '' END || '}')
        ) || '}'
    END AS config,
    CASE WHEN packing_tags IS NULL AND roll(nr, 50) < 450000 THEN {'parameters': {'BF16': size}, 'total': size} END AS safetensors,
    CASE WHEN list_contains(packing_tags, 'gguf') AND roll(nr, 51) < 900000
        THEN {'total': size, 'architecture': kinds[kind], 'context_length': 131072} END AS gguf
FROM described;

-- A page turn during a crawl shows a record twice; a rename shows one repository under two names.
CREATE OR REPLACE VIEW doubled AS
SELECT *, unnest(CASE WHEN odd IS NULL AND one_in(nr, 52, 2000) THEN [0, 1] WHEN odd IS NULL AND one_in(nr, 53, 2000) THEN [0, 2] ELSE [0] END) AS copy
FROM full_record;

-- The record as far as typed columns can hold it.
CREATE OR REPLACE VIEW typed AS
SELECT
    key AS _id,
    CASE WHEN odd = 0 THEN NULL WHEN odd = 15 THEN id || ' (old) / x' WHEN copy = 2 THEN 'former-' || id ELSE id END AS id,
    CASE odd WHEN 1 THEN -1 WHEN 2 THEN NULL ELSE downloads END AS downloads,
    downloads * 9 + roll(nr, 54) % 90 AS "downloadsAllTime",
    likes,
    CASE odd WHEN 11 THEN NULL WHEN 17 THEN TIMESTAMP '1970-01-01' ELSE created_at END AS "createdAt",
    changed_at - INTERVAL (copy) DAY AS "lastModified",
    CASE odd WHEN 16 THEN 'None' ELSE task END AS pipeline_tag,
    CASE odd WHEN 16 THEN 'null' WHEN 12 THEN NULL ELSE library END AS library_name,
    CASE WHEN odd IS DISTINCT FROM 5 THEN tags END AS tags,
    card_data AS "cardData",
    CASE WHEN odd = 14 THEN {'relation': '7', 'models': NULL} ELSE base_models END AS "baseModels",
    config, safetensors, gguf,
    nr, odd, copy
FROM doubled;

-- The same as a line of JSON, with the wrong types that only JSON can hold.
CREATE OR REPLACE VIEW line AS
SELECT
    nr, copy,
    '{' || concat_ws(
        ',',
        field('_id', to_json(_id)),
        field('id', to_json(id)),
        field('createdAt', CASE odd WHEN 11 THEN '"not a date"' ELSE '"' || strftime("createdAt", '%Y-%m-%dT%H:%M:%S.000Z') || '"' END),
        field('lastModified', '"' || strftime("lastModified", '%Y-%m-%dT%H:%M:%S.000Z') || '"'),
        field('downloads', CASE odd WHEN 3 THEN '"' || downloads || '"' WHEN 4 THEN downloads || '.0' ELSE coalesce(downloads::VARCHAR, 'null') END),
        field('downloadsAllTime', "downloadsAllTime"::VARCHAR),
        field('likes', CASE odd WHEN 13 THEN likes || '.0' ELSE likes::VARCHAR END),
        field('pipeline_tag', to_json(pipeline_tag)),
        field('library_name', CASE odd WHEN 12 THEN '["transformers"]' ELSE to_json(library_name) END),
        field('tags', CASE odd WHEN 5 THEN '"text, gguf"' WHEN 6 THEN replace(to_json(tags), '""', 'null,5,{"x":1}') ELSE to_json(tags) END),
        field('cardData', CASE odd WHEN 7 THEN to_json("cardData") ELSE "cardData" END),
        field('baseModels', CASE odd WHEN 9 THEN to_json("baseModels".models) WHEN 14 THEN '{"relation":7,"models":"x"}' ELSE to_json("baseModels") END),
        field('config', CASE odd WHEN 10 THEN to_json(config) ELSE config END),
        field('safetensors', to_json(safetensors)),
        field('gguf', to_json(gguf))
    ) || '}' AS record
FROM typed;

-- Which of the graph's edges a reader can know, and from where. A record that is no model says nothing.
CREATE OR REPLACE VIEW truth AS
SELECT child, base, relation, list_filter(places, lambda p: p IS NOT NULL) AS places
FROM (
    SELECT
        id AS child, unnest(bases).id AS base, relation,
        CASE WHEN coalesce(odd, -1) NOT IN (0, 1, 15) THEN [
            CASE WHEN in_hub AND odd IS DISTINCT FROM 14 THEN 'hub' END,
            -- What is written by hand counts only where the card names nothing.
            CASE WHEN in_tags AND named[1] = bases[1].id AND odd IS DISTINCT FROM 5 AND NOT (by_hand AND in_card) THEN 'tag' END,
            -- Of a list in one text the first is the base; a former name alone is another's.
            CASE WHEN in_card AND coalesce(odd, -1) NOT IN (7, 8) AND (twist IS NULL OR (twist = 'dirty' AND dirt < 7 AND len(bases) = 1))
                THEN 'card' END,
            CASE WHEN in_config AND named[1] = bases[1].id AND len(bases) = 1 AND roll(nr, 45) < 700000 AND odd IS DISTINCT FROM 10
                THEN 'config' END
        ] ELSE [] END AS places
    FROM full_record
)
WHERE base <> child;
