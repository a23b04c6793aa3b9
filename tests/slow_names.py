"""What metadata and names add to the declared edges, a second time: plain Python, rule by rule, over a list of rows.

Ids have an account each, tags and dates are as the Hub gives them, and only the suffixes of `SUFFIXES` occur.
"""

from collections import Counter

import networkx as nx

from tests.slow import Hub, Row

SUFFIXES = ("-gguf", "-awq", "-4bit")
Edge = tuple[str, str, str | None]


def account(model: str) -> str:
    return model.partition("/")[0].lower()


def name(model: str) -> str:
    return model.partition("/")[2].lower()


def stem(model: str) -> str | None:
    """The name without its suffixes, where it has one."""
    rest = name(model)
    while True:
        shorter = next((rest.removesuffix(s) for s in SUFFIXES if rest.endswith(s) and rest != s), rest)
        if shorter == rest:
            return rest if rest != name(model) else None
        rest = shorter


class Believed:
    """The edges of a small Hub under each basis."""

    def __init__(self, rows: list[Row]) -> None:
        self.hub = Hub(rows)
        self.rows = self.hub.rows
        self.declared: set[Edge] = {(c, b, e["relation"]) for (c, b), e in self.hub.edges.items()}
        self.stated: set[Edge] = {(c, b, self._corrected(c, label)) for c, b, label in self.declared}
        self.inferred: set[Edge] = {self._nearer(*self._copied(*edge)) for edge in self.stated} | self._named()

    def _corrected(self, child: str, label: str | None) -> str | None:
        tags = set(self.rows[child].get("tags") or [])
        run = name(child)[len(stem(child) or name(child)) :]
        mlx = "mlx" in tags and ("4-bit" in tags or "-4bit" in run)
        gguf = "gguf" in tags and "-gguf" in run
        method = ((self.rows[child].get("config") or {}).get("quantization_config") or {}).get("quant_method")
        if label in (None, "finetune") and (mlx or gguf or method):
            return "quantized"
        # A GGUF file beside the weights of a framework is an extra of the maker's, and not the format.
        quantized = stem(child) is not None or method or tags & {"mlx", "4-bit"}
        if label == "quantized" and "onnx" in tags and tags & {"safetensors", "pytorch"} and not quantized:
            return "finetune"
        return label

    def _copied(self, child: str, base: str, label: str | None) -> Edge:
        same = name(child) == name(base) and account(child) != account(base)
        return child, base, "copy" if same and label in (None, "finetune") else label

    def _nearer(self, child: str, base: str, label: str | None) -> Edge:
        for near in sorted(self.rows):
            if account(near) == account(child) and name(near) == stem(child) and near not in (child, base):
                up = nx.DiGraph([(c, b) for c, b, _ in self.declared])
                above = nx.descendants(up, near) if near in up else set()
                named = {b for c, b, _ in self.declared if c == child}
                if base in above and child not in above and near not in named:
                    return child, near, label or "quantized"
        return child, base, label

    def _named(self) -> set[Edge]:
        found = set()
        for child in self.rows:
            if any(c == child for c, _, _ in self.declared):
                continue
            guesses = {(b, label) for b, label in (self._by_suffix(child), self._by_author(child)) if b}
            older = {b for b, _ in guesses if b in self.rows and self._older(child, b)}
            bases = {b for b, _ in guesses}
            if len(bases) == 1 and not older:
                found.add((child, min(bases), min(str(label) for _, label in guesses)))
        return found

    def _older(self, child: str, base: str) -> bool:
        mine, its = self.rows[child].get("createdAt"), self.rows[base].get("createdAt")
        return bool(mine and its and mine < its)

    def _witnesses(self, child: str) -> list[str]:
        """Every id that somebody else than `child` knows of."""
        stubs = Counter(b for c, b, _ in self.declared if b not in self.rows and c != child)
        return [m for m in (*self.rows, *stubs) if m != child]

    def _by_suffix(self, child: str) -> tuple[str | None, str]:
        found = [m for m in self._witnesses(child) if stem(child) is not None and name(m) == stem(child)]
        return (found[0] if len(found) == 1 else None), "quantized"

    def _by_author(self, child: str) -> tuple[str | None, str]:
        rest = stem(child) or name(child)
        wanted = rest.replace("_-_", "/") if "_-_" in rest else None
        found = sorted(m for m in self._witnesses(child) if m.lower() == wanted)
        return (found[0] if found else None), "quantized" if stem(child) else "copy"
