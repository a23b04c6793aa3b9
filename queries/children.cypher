// What was made directly from a model by one relation (adapter, finetune, quantized, merge), the most downloaded first.
// params:
//   id: string = "stabilityai/stable-diffusion-xl-base-1.0"   the base model
//   relation: string = "adapter"   how they were made
//   limit: int = 30   rows at most
MATCH (b:Model {id: $id})<-[d:DERIVED_FROM]-(m:Model)
WHERE d.relation = $relation
RETURN m.id AS id, m.publisher AS publisher, m.downloads AS downloads, m.licences AS licences,
       m.descendants AS descendants
ORDER BY coalesce(m.downloads, 0) DESC, id
LIMIT $limit;
