"""What the Hub calls the fields of a model, which of them a route answers, and who else spells them how."""

from lineage.reading.columns import SPELLINGS

#: Our column → the Hub's name of the field.
_OURS = {
    "hub_id": "_id",
    "downloads": "downloads",
    "downloads_all_time": "downloadsAllTime",
    "likes": "likes",
    "created_at": "createdAt",
    "last_modified": "lastModified",
    "pipeline_tag": "pipeline_tag",
    "library_name": "library_name",
    "tags": "tags",
    "card": "cardData",
    "base_models": "baseModels",
    "config": "config",
    "siblings": "siblings",
    "safetensors": "safetensors",
    "gguf": "gguf",
}

_LIST_EXPAND = """
    author baseModels cardData config createdAt disabled downloads downloadsAllTime evalResults gated inference
    inferenceProviderMapping lastModified library_name likes mask_token model-index pipeline_tag private safetensors
    sha siblings spaces tags transformersInfo trendingScore widgetData gguf resourceGroup xetEnabled
"""
_PLAIN = "_id id likes private downloads tags pipeline_tag library_name createdAt modelId"
_DETAIL = """
    cardData config disabled gguf mask_token model-index safetensors spaces transformersInfo usedStorage widgetData
    inference
"""
_ORDER = """
    _id id author gated lastModified likes trendingScore private sha downloads tags pipeline_tag library_name createdAt
    modelId siblings
"""
_NESTED = """
    tags cardData baseModels config siblings safetensors gguf spaces transformersInfo model-index widgetData
    evalResults inferenceProviderMapping childrenModelCount resourceGroup
"""

#: What `expand` takes on the list route, in the order in which the server names them.
LIST_EXPAND = _LIST_EXPAND.split()

#: One model by its id can be asked for two more.
DETAIL_EXPAND = [*LIST_EXPAND, "childrenModelCount", "usedStorage"]

#: What a list holds without `expand`; `trendingScore` comes with its sort alone.
PLAIN = frozenset(_PLAIN.split())

#: What `full=true` adds.
FULL = PLAIN | {"author", "gated", "lastModified", "sha", "siblings"}

#: What one model by its id holds without `expand`.
DETAIL = FULL | frozenset(_DETAIL.split())

#: The order of the fields in a record, as recorded.
ORDER = tuple(dict.fromkeys((*_ORDER.split(), *DETAIL_EXPAND)))

#: Fields that the Hub leaves out where it has nothing to say; all others are sent as null.
LEFT_OUT_WHEN_NULL = frozenset({"pipeline_tag", "library_name", "safetensors", "gguf"})

#: Spellings of an id, best first, and of the text of a card.
IDS = SPELLINGS["id"]
READMES = SPELLINGS["readme"]

#: The Hub's name → the columns of a table that hold it, best first.
COLUMNS: dict[str, tuple[str, ...]] = {hub: SPELLINGS[ours] for ours, hub in _OURS.items()} | {
    name: (name, *other)
    for name, other in {
        **{n: () for n in DETAIL_EXPAND if n not in _OURS.values()},
        "trendingScore": ("trending_score",),
        "model-index": ("model_index",),
    }.items()
}

#: Any spelling → the Hub's name; a Hub's name is itself.
HUB_NAME = {spelling: hub for hub, spellings in COLUMNS.items() for spelling in spellings} | dict.fromkeys(
    (s for s in IDS if s != "modelId"), "id"
)

TIMES = frozenset({"createdAt", "lastModified"})
COUNTS = frozenset({"downloads", "downloadsAllTime", "likes", "trendingScore", "usedStorage"})
SWITCHES = frozenset({"private", "disabled", "gated", "xetEnabled"})

#: Fields whose value is a list or an object, so that a text that looks like one is one.
NESTED = frozenset(_NESTED.split())
