"""The items of the highest interest, among many."""

from typing import NamedTuple

import numpy as np

from pipeline.logic.arrays import Mask, Matrix, Slots, Vector
from pipeline.logic.kernels.embedding_reading import Vectors, whole
from pipeline.logic.kernels.jit import kernel


class Scan(NamedTuple):
    """Items among which the best are looked for, one after the other in memory.

    Args:
        rows: Of the items, int64 (m,).
        vectors: Each with the mean of its tags' vectors, float32 (m, d).
        biases: float32 (m,).
    """

    rows: Slots
    vectors: Matrix
    biases: Vector


@kernel
def scan_of(vectors: Vectors, rows: Slots) -> Scan:
    """Gather items.

    Args:
        vectors: Of all items.
        rows: Which, int64 (m,).
    """
    dims = vectors.items.shape[1]
    gathered = np.empty((len(rows), dims), np.float32)
    own = np.empty((2, dims), np.float32)
    for index in range(len(rows)):
        own[0] = vectors.items[rows[index]]
        whole(vectors, vectors.tags_of[rows[index]], own)
        gathered[index] = own[0]
    return Scan(rows, gathered, vectors.biases[rows, 0])


@kernel
def best(scores: Vector, rows: Slots, slot_of: Slots, listable: Mask, n: int) -> Slots:
    """Slots of the items of the highest scores, int64 (at most n,), in no order.

    Args:
        scores: float32 (m,).
        rows: Of the items, int64 (m,).
        slot_of: Of each row, -1 where it has none, int64 (items,).
        listable: Of each slot, bool (slots,).
        n: How many.
    """
    kept = np.full(n, -np.inf, np.float32)
    slots = np.full(n, -1, np.int64)
    weakest = 0
    for index in range(len(rows)):
        # Few pass: whether they may be listed lies far apart, and is looked up late.
        if scores[index] <= kept[weakest]:
            continue
        slot = slot_of[rows[index]]
        if slot >= 0 and slot < len(listable) and listable[slot]:
            kept[weakest], slots[weakest] = scores[index], slot
            weakest = int(kept.argmin())
    return slots[slots >= 0]
