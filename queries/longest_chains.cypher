// The models that are the most steps away from where they started.
// params:
//   limit: int = 20   rows at most
MATCH (m:Model)
WHERE m.generation > 0
RETURN m.id AS id, m.generation AS generation, m.base AS base, m.relation AS relation, m.downloads AS downloads
ORDER BY generation DESC, id
LIMIT $limit;
