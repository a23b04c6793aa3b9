// Bases that are named and not held: deleted, renamed, private, or never there; with all that stands on them.
// params:
//   limit: int = 20   rows at most
MATCH (b:Model)
WHERE b.stub
RETURN b.id AS id, b.children AS children, b.descendants AS descendants, b.`full` AS downloads_below
ORDER BY coalesce(b.`full`, 0) DESC, id
LIMIT $limit;
