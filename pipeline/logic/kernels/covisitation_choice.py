"""The best of what a walk came to, and what is said of candidates."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Mask, Matrix, Slots
from pipeline.logic.kernels.covisitation_links import Web
from pipeline.logic.kernels.covisitation_walk import LOUD_GAP, Found
from pipeline.logic.kernels.covisitation_weights import COV8, FEATURES, Items, Sums
from pipeline.logic.kernels.jit import kernel

Ties = NDArray[np.uint32]
BELIEVED = 80.0
"""A sum of `COV8` as large as this times an item's share of all events doubles what is
expected of the item."""
RARE = 10.0
"""An item counts as if it had so many more events than it had."""


class Strategies(NamedTuple):
    """Ways to choose candidates.

    Attributes:
        columns: Of the sums, by which each chooses, int64 (strategies,).
        most: How many it chooses, int64 (strategies,).
        shrinks: If above 0, its sums count less by the square root of this plus how
            many events the item had, float32 (strategies,).
    """

    columns: Slots
    most: Slots
    shrinks: Sums


@kernel
def before(values: Sums, ties: Ties, nodes: Slots, one: int, other: int) -> bool:
    """Whether the node at one index is worse than that at the other."""
    if values[one] != values[other]:
        return bool(values[one] < values[other])
    return bool(ties[nodes[one]] < ties[nodes[other]])


@kernel
def best(values: Sums, ties: Ties, nodes: Slots, most: int, heap: Slots) -> int:
    """Choose the nodes with the largest values above 0.

    Args:
        values: float32 (n,).
        ties: Decides between equal ones, by node.
        nodes: Of the values, int64 (n,).
        most: How many.
        heap: Filled with indices, in no order, int64 (at least `most`,).

    Returns:
        How many they are.
    """
    size = 0
    for index in range(len(values)):
        if values[index] <= 0:
            continue
        at = size
        if size < most:
            size += 1
            while at > 0:
                above = (at - 1) // 2
                if not before(values, ties, nodes, index, heap[above]):
                    break
                heap[at] = heap[above]
                at = above
        elif before(values, ties, nodes, heap[0], index):
            at = 0
            while 2 * at + 1 < size:
                below = 2 * at + 1
                if below + 1 < size:
                    left, right = heap[below], heap[below + 1]
                    below += int(before(values, ties, nodes, right, left))
                if not before(values, ties, nodes, heap[below], index):
                    break
                heap[at] = heap[below]
                at = below
        else:
            continue
        heap[at] = index
    return size


@kernel
def choose(
    web: Web,
    items: Items,
    found: Found,
    number: int,
    listable: Mask,
    strategies: Strategies,
) -> tuple[Slots, float]:
    """Choose candidates by several strategies.

    Args:
        web: All links.
        items: At their ends.
        found: What a walk came to.
        number: How many nodes it met.
        listable: By slot, whether it may be chosen.
        strategies: By what they are chosen, and how many.

    Returns:
        Their slots, each once, ascending, int64 (n,), and the largest sum of `COV8`.
    """
    nodes, open_nodes = np.empty(number, np.int64), 0
    for node in found.nodes[:number]:
        slot = items.slots[node]
        if slot >= 0 and slot < len(listable) and listable[slot]:
            nodes[open_nodes] = node
            open_nodes += 1
    nodes = nodes[:open_nodes]
    chosen = np.zeros(open_nodes, np.bool_)
    heap = np.empty(strategies.most.max(), np.int64)
    # Each node's sums are a cache line far from the others': it is fetched once.
    sums = np.empty((len(FEATURES), open_nodes), np.float32)
    largest = 0.0
    for index in range(open_nodes):
        node = nodes[index]
        for column in range(len(FEATURES)):
            sums[column, index] = found.sums[node, column]
        largest = max(largest, found.sums[node, COV8])
    shrunk = np.empty(open_nodes, np.float32)
    for strategy in range(len(strategies.most)):
        values, shrink = (
            sums[strategies.columns[strategy]],
            strategies.shrinks[strategy],
        )
        if shrink > 0:
            for index in range(open_nodes):
                root = np.sqrt(items.events[nodes[index]] + shrink)
                shrunk[index] = values[index] / root
            values = shrunk
        most = strategies.most[strategy]
        for index in heap[: best(values, web.ties, nodes, most, heap)]:
            chosen[index] = True
    return np.sort(items.slots[nodes[chosen]]), largest


@kernel
def describe(found: Found, walk: int, nodes: Slots, floors: Sums, out: Matrix) -> None:
    """Say what the walk heard of candidates, next to the best of them.

    Args:
        found: What it came to.
        walk: Its number.
        nodes: Of the candidates, -1 for none, int64 (n,).
        floors: Of each feature, what is added to shares of the best, float32 (10,).
        out: Filled with logarithms; 0 where nothing was heard of any, float32 (10, n).
    """
    for feature in range(len(FEATURES)):
        largest = np.float32(0)
        for index in range(len(nodes)):
            node = nodes[index]
            value = np.float32(0)
            if node >= 0 and found.met[node] == walk:
                value = found.sums[node, feature]
            out[feature, index] = value
            largest = max(largest, value)
        if largest > 0:
            for index in range(len(nodes)):
                share = out[feature, index] / largest
                out[feature, index] = np.log(share + floors[feature])


@kernel
def lift(
    found: Found, walk: int, nodes: Slots, items: Items, total: float, out: Sums
) -> None:
    """Say how far what the walk heard of candidates exceeds what chance would give.

    A share of the popular is added to what was heard, so that little of it, or much of
    a rare item, says little: added to the logarithm of an item's popularity it makes
    that of a popularity among those who had the recent items.

    Args:
        found: What it came to.
        walk: Its number.
        nodes: Of the candidates, -1 for none, int64 (n,).
        items: At the ends of the links.
        total: How many events all items had.
        out: Filled with ln(1 + heard / added), float32 (n,).
    """
    for index in range(len(nodes)):
        node = nodes[index]
        out[index] = 0
        if node >= 0 and found.met[node] == walk:
            added = BELIEVED * (items.events[node] + RARE) / max(total, 1.0)
            out[index] = np.log1p(found.sums[node, COV8] / added)


@kernel
def loudest(found: Found, walk: int, nodes: Slots, recent: Slots) -> Slots:
    """For each node the recent item that said most for `COV8`, -1 for none, int64 (n,).

    Args:
        found: What the walk came to.
        walk: Its number.
        nodes: -1 for none, int64 (n,).
        recent: Slots of the items that it began at, the newest first, int64 (m,).
    """
    out = np.full(len(nodes), -1, np.int64)
    for index in range(len(nodes)):
        node = nodes[index]
        if node >= 0 and found.met[node] == walk:
            gap = int(found.sums[node, LOUD_GAP])
            out[index] = recent[gap] if gap >= 0 else -1
    return out
