// The models of a country that most is built on, by the downloads of everything that goes back to them.
// params:
//   country: string = "CN"   two letters, as in ISO 3166
//   limit: int = 20   rows at most
MATCH (p:Publisher)-[:PUBLISHED]->(m:Model)
WHERE $country IN p.countries AND m.descendants > 0
RETURN m.id AS id, m.own AS own, m.descendants AS descendants, m.`full` - m.own AS downloads_below
ORDER BY downloads_below DESC, id
LIMIT $limit;
