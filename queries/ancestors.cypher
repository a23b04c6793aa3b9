// Everything a model goes back to, nearest first.
// params:
//   id: string = "lmstudio-community/Meta-Llama-3.1-8B-Instruct-GGUF"   the model asked about
MATCH (m:Model {id: $id})-[d:DESCENDS_FROM]->(b:Model)
RETURN b.id AS id, d.distance AS distance, b.stub AS stub, b.downloads AS downloads, b.licences AS licences
ORDER BY distance, id;
