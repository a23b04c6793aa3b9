"""What deep models add to everything above them, exactly, without storing their pairs.

One bit for each affected ancestor; the bits of a deep model are those of its bases and the bases
themselves. Done in blocks of ancestors, so memory is (deep models x block) bits.
"""

import numpy as np

from lineage.metrics.ancestry import Ancestry
from lineage.metrics.graph import Graph, Ints

_BLOCK = 2048
_ROWS = 4096
_LOW = (1 << 26) - 1


def _exact_product(bits: np.ndarray, values: Ints) -> Ints:
    """bits.T @ values for bits 0/1, in int64: low and high halves as floats, each sum below 2^53."""
    flags = bits.astype(np.float64)
    low = flags.T @ (values & _LOW).astype(np.float64)
    high = flags.T @ (values >> 26).astype(np.float64)
    return low.astype(np.int64) + (high.astype(np.int64) << 26)


def below(graph: Graph, ancestry: Ancestry, values: Ints) -> Ints:
    """int64[n, k]: for each row the sum of `values` (int64[n, k]) over its deep descendants.

    A cycle's members count each; fellow members are no descendants.
    """
    k = values.shape[1]
    grouped = np.zeros((graph.n, k), np.int64)
    np.add.at(grouped, graph.group, values)
    firsts = np.flatnonzero(ancestry.deep & graph.firsts)
    order = firsts[np.lexsort((firsts, graph.generation[firsts]))]
    mine = np.isin(graph.up_child, order)
    bases: dict[int, list[int]] = {}
    for child, base in zip(graph.up_child[mine].tolist(), graph.up_base[mine].tolist(), strict=True):
        bases.setdefault(child, []).append(base)
    affected = {b for found in bases.values() for b in found}
    shallow = sorted(b for b in affected if not ancestry.deep[b])
    stored = {b: ancestry.above[ancestry.start[b] : ancestry.start[b] + ancestry.count[b]].tolist() for b in shallow}
    for found in stored.values():
        affected.update(found)
    targets = np.array(sorted(affected), np.int64)
    total = np.zeros((graph.n, k), np.int64)
    for begin in range(0, len(targets), _BLOCK):
        block = targets[begin : begin + _BLOCK]
        bit = {node: 1 << i for i, node in enumerate(block.tolist())}
        seen: dict[int, int] = {}
        for base, found in stored.items():
            word = bit.get(base, 0)
            for node in found:
                word |= bit.get(node, 0)
            seen[base] = word
        above: dict[int, int] = {}
        for node in order.tolist():
            word = 0
            for base in bases.get(node, ()):
                word |= above[base] | bit.get(base, 0) if base in above else seen[base]
            above[node] = word
        width = (len(block) + 7) // 8
        for at in range(0, len(order), _ROWS):
            nodes = order[at : at + _ROWS]
            packed = np.frombuffer(b"".join(above[v].to_bytes(width, "little") for v in nodes.tolist()), np.uint8)
            bits = np.unpackbits(packed.reshape(len(nodes), width), axis=1, bitorder="little")[:, : len(block)]
            total[block] += _exact_product(bits, grouped[nodes])
    return total[graph.group]
