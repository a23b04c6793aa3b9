// Models, and stubs: bases that models name and the snapshot does not hold.
CREATE NODE TABLE Model(
    id STRING PRIMARY KEY, publisher STRING, stub BOOL, hub_id STRING, created_at TIMESTAMP, last_modified TIMESTAMP,
    downloads INT64, downloads_all_time INT64, likes INT64, pipeline_tag STRING, library STRING, licences STRING[],
    gguf BOOL, produced_by STRING, format STRING, bits DOUBLE, parameters INT64, disclosed STRING,
    relation STRING, base STRING, bases INT32, generation INT32, cycle STRING,
    own INT64, `full` INT64, `split` INT64, `primary` INT64, children INT32, descendants INT32,
    downloads_finetune INT64, count_finetune INT32, downloads_adapter INT64, count_adapter INT32,
    downloads_quantized INT64, count_quantized INT32, downloads_merge INT64, count_merge INT32,
    downloads_copy INT64, count_copy INT32, downloads_mixed INT64, count_mixed INT32,
    downloads_unlabelled INT64, count_unlabelled INT32,
    harmonic DOUBLE, pagerank DOUBLE
);
