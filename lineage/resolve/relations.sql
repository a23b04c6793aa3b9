-- `edge`, `stated_edge` and `model` become `related`: every edge that the repositories themselves speak of,
-- with its label under each basis.

-- A label is corrected where the repository's own metadata deny it (design: Edges). The Hub takes many MLX
-- and GGUF conversions for fine-tunes, and ONNX files beside a maker's own fine-tune for a quantization.
CREATE OR REPLACE TABLE related AS
WITH every AS (
    SELECT child, base, relation, relation AS label, labelled_by, evidence, rule, basis, conflict, position FROM edge
    UNION ALL
    SELECT child, base, NULL, label, NULL, 'text', rule, 'stated', false, NULL FROM stated_edge
)
SELECT
    e.child, e.base, e.relation,
    CASE
        WHEN coalesce(e.label, 'finetune') = 'finetune' AND coalesce(w.metadata_quantized, false) THEN 'quantized'
        WHEN e.label = 'quantized' AND e.labelled_by IN ('hub', 'tag') AND coalesce(w.metadata_onnx_finetune, false)
            THEN 'finetune'
        ELSE e.label
    END AS relation_stated,
    e.label IS DISTINCT FROM relation_stated AS corrected,
    e.evidence, e.rule, e.basis, e.conflict, e.position
FROM every AS e
JOIN numbered AS n ON n.number = e.child
JOIN model AS w ON w.nr = n.nr;
