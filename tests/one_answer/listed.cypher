MATCH (m:Model) WHERE m.gguf AND m.publisher IN $accounts RETURN sum(coalesce(m.downloads, 0)) AS value;
