"""What the prose of a card says a model was made from.

The wordings are rules in `lineage/data/phrases.csv`; here they are found in a text, and what they point at is
read: an id, an address on the Hub, or a link in Markdown or HTML, of which the target counts and not the label.
Nothing here raises, and no text takes more than linear time: it is capped, and every repetition is bounded.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from lineage.ids import normalise
from lineage.reference import Phrase, formats

#: Characters of a card that are read. The longest card of the Hub of 2022 has three times as many.
LONGEST = 200_000

#: Bases that one card can name. The largest merges list more; what they list is in their front matter.
MOST = 20

#: Relations in the rules that say how a model was made, and that say what it packs.
_MADE = ("finetune", "adapter", "merge")
_PACKED = ("quantized", "by-suffix")

#: No base: pages of the Hub, and folders that a trainer wrote to and then named as a model.
_NO_BASE = re.compile(
    r"(?:api|blog|chat|collections|docs|join|learn|models?|organizations|papers|posts|pricing|settings|tasks|"
    r"checkpoints?|content|data|home|mnt|outputs?|results|saved_models|tmp|workspace)(?:/.*)?|.*/checkpoint-\d+"
)

#: No suffix of a quantizer has more characters; names can have hundreds.
_LONGEST_ENDING = 40

_CASE = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_BLOCK_TAG = re.compile(
    r"(?i)</?(?:br|p|div|li|ul|ol|tr|td|th|h[1-6]|table|center|details|summary)(?:\s[^<>]{0,500})?/?>"
)
_TAG = re.compile(r"(?i)</?(?!a[\s>])[a-z][a-z0-9]{0,10}(?:\s[^<>]{0,500})?/?>")
_MARKS = re.compile(r"\n(?:[ \t>#|•·●▪+=_–-]|\d{1,2}[.)][ \t])+")

_REFERENCE = re.compile(
    r"""(?ix)
    [\s:"'“”(|_]{0,10}+
    (?>(?:(?:the|an?|original|base|source|full|official|(?:base_|source_)?model|models|checkpoint|weights|pre-?trained|
        hugging\ ?face|[\w.-]{1,40}['’]s?)[\ \t]{0,2}:?[\ \t"']{1,3}){0,5})
    (?:
        <a\s[^<>]{0,300}?href\s?=\s?["']?(?P<href>[^"'\s<>]{1,300})
      | \[(?P<label>[^\[\]\n]{0,300})\]\(\s?<?(?P<target>[^()\s<>]{0,300})[^()\n]{0,200}\)
      | \[{1,2}\s?(?P<inner>[^\[\]\n]{1,300})\]
      | `{1,2}(?P<code>[^`\n]{1,300})`
      | <?(?P<url>https?://[^\s<>()\[\]"'`|,;]{1,300}|(?:www\.)?(?:huggingface\.co|hf\.co)/[^\s<>()\[\]"'`|,;]{1,300})
      | (?P<id>[a-z0-9][a-z0-9._-]{0,95}/[a-z0-9._-]{0,95}[a-z0-9])(?!_{0,9}[a-z0-9/-]|\.\w)
    )"""
)


@dataclass(frozen=True, slots=True)
class Found:
    """One base that a card names."""

    rule: str
    base: str
    """As written: an address, the target of a link, or an id; `lineage.ids.normalise` gives its id."""
    relation: str | None


def find(body: str, model_id: str, rules: Sequence[Phrase]) -> list[Found]:
    """What the text of a card says its model was made from, by these rules, in order of first appearance.

    `body` is the card without its front matter. Each rule names a base once, and no card more than `MOST`.
    Dropped are bases that are no id, the model itself, and its siblings (quantizations of the same model).
    Where the card says what it packs, what it says of fine-tuning and merging is left out: it speaks of the
    packed model then, whose card was copied below.
    """
    model_id = model_id[:600]
    text = plain(body)
    lower = text.lower()
    if len(lower) != len(text):  # a letter such as İ is two in lower case
        lower = text.translate(_CASE)
    seen: dict[tuple[str, str], tuple[int, Found]] = {}
    packed = False
    for rule in rules:
        named = 0
        for match in rule.pattern.finditer(lower):
            for at, base in _references(text, *match.span("base")):
                known = normalise(normalise(base)[0] or "")[0]  # twice, for an address may end in /None
                if known is None or not _can_be_base(known, model_id):
                    continue
                key = rule.rule, known.casefold()
                if key not in seen:
                    seen[key] = at, Found(rule.rule, base, relation_of(rule.relation, model_id))
                    named += 1
            if named >= MOST:
                break
        packed |= named > 0 and rule.relation in _PACKED
    if packed:
        made = {rule.rule for rule in rules if rule.relation in _MADE}
        seen = {key: value for key, value in seen.items() if key[0] not in made}
    return [found for _, found in sorted(seen.values(), key=lambda value: (value[0], value[1].rule))][:MOST]


def plain(body: str) -> str:
    """A card's text as the rules read it, case kept: the first `LONGEST` characters, a line feed before and
    after, without asterisks, HTML tags (links stay) and the marks that begin lines (bullets, `#`, `>`, `|`)."""
    text = body[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    text = text.replace("*", "").replace("\\_", "_")
    text = _TAG.sub("", _BLOCK_TAG.sub("\n", f"\n{text}\n"))
    return _MARKS.sub("\n", text)


def relation_of(relation: str, model_id: str) -> str | None:
    """The label that a rule's `relation` means for this model; None is no label.

    `by-suffix` asks its name. Where the name says that the weights are quantized, how the model was made
    is no label: what is told of is the packed model.
    """
    name = model_id.rpartition("/")[2]
    quantized = stem(name) != name
    if relation == "by-suffix":
        return "quantized" if quantized else None
    return None if quantized and relation in _MADE else relation or None


def _references(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Where and what is named at the start of `text[start:end]`, or at the start of each of its lines."""
    if "\n" not in text[start:end]:
        if (base := _reference(text, start, end, listed=False)) is not None:
            yield start, base
        return
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        if (base := _reference(text, start, stop, listed=True)) is not None:
            yield start, base
        start = stop + 1


def _reference(text: str, start: int, end: int, listed: bool) -> str | None:
    match = _REFERENCE.match(text, start, end)
    if match is None:
        return None
    kind = match.lastgroup
    base = match[kind] if kind else ""
    if kind == "target" and not base:  # mlx-lm wrote links without a target for a while
        base = match["label"].strip("` ")
    elif kind in ("inner", "code"):
        base = base.strip("` ")
        if " " in base or (kind == "inner" and "/" not in base):
            return None
    elif kind == "url":
        base = base.rstrip("._!?:")
    elif kind == "id" and not listed and not re.search(r"[0-9._-]", base):
        return None  # in a sentence this is rather "either/or" than a model
    return base


def _can_be_base(base: str, model_id: str) -> bool:
    """Neither a page, nor a folder, nor the model itself, nor another quantization of what it quantizes."""
    base, own = base.casefold(), model_id.casefold()
    if base == own or _NO_BASE.fullmatch(base):
        return False
    name, own_name = base.rpartition("/")[2], own.rpartition("/")[2]
    return own_name.startswith(name) or not name != stem(name) == stem(own_name)


@lru_cache(maxsize=4096)
def stem(name: str) -> str:
    """A name without the endings that say its weights are quantized; it keeps its first letter at least."""
    while match := _ending().search(name, max(1, len(name) - _LONGEST_ENDING)):
        name = name[: match.start()]
    return name


@cache
def _ending() -> re.Pattern[str]:
    # One at a time: a repeated group over these patterns would try every way to part a long name.
    endings = [rule.pattern for rule in formats() if rule.where == "suffix" and rule.quantized]
    return re.compile(rf"(?is)(?:{'|'.join(endings) or '(?!)'})\Z")
