// Models of the snapshot without a declared licence that others are made from, by the downloads of their families.
// params:
//   limit: int = 20   rows at most
MATCH (b:Model)
WHERE b.descendants > 0 AND NOT b.stub AND b.licences IS NULL
RETURN b.id AS id, b.own AS own, b.descendants AS descendants, b.`full` AS downloads_of_family
ORDER BY coalesce(downloads_of_family, 0) DESC, id
LIMIT $limit;
