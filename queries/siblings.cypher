// Models that were made from the same base as a given one, the most downloaded first.
// params:
//   id: string = "lmstudio-community/Meta-Llama-3.1-8B-Instruct-GGUF"   the model asked about
//   limit: int = 30   rows at most
MATCH (m:Model {id: $id})-[:DERIVED_FROM]->(b:Model)<-[d:DERIVED_FROM]-(s:Model)
WHERE s.id <> $id
RETURN s.id AS id, b.id AS base, d.relation AS relation, s.format AS format, s.publisher AS publisher,
       s.downloads AS downloads
ORDER BY coalesce(s.downloads, 0) DESC, id, base
LIMIT $limit;
