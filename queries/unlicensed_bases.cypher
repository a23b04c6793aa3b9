// Models of the snapshot without a declared licence that others are made from, by the downloads of these.
// params:
//   limit: int = 20   rows at most
MATCH (b:Model)
WHERE b.descendants > 0 AND NOT b.stub AND b.licences IS NULL
RETURN b.id AS id, b.own AS own, b.descendants AS descendants, b.`full` - b.own AS downloads_below
ORDER BY downloads_below DESC, id
LIMIT $limit;
