// The models of a country that most is built on, by the downloads of their families, each model counted once.
// params:
//   country: string = "CN"   two letters, as in ISO 3166
//   limit: int = 20   rows at most
MATCH (p:Publisher)-[:PUBLISHED]->(m:Model)
WHERE $country IN p.countries AND m.descendants > 0
RETURN m.id AS id, m.own AS own, m.descendants AS descendants, m.`full` AS downloads_of_family
ORDER BY coalesce(downloads_of_family, 0) DESC, id
LIMIT $limit;
