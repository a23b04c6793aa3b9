// Roots by the downloads of everything that goes back to them, each model counted once.
// params:
//   limit: int = 20   rows at most
MATCH (m:Model)
WHERE m.generation = 0 AND m.descendants > 0
RETURN m.id AS id, m.stub AS stub, m.own AS own, m.`full` AS downloads_of_family, m.descendants AS descendants
ORDER BY coalesce(m.`full`, 0) DESC, id
LIMIT $limit;
