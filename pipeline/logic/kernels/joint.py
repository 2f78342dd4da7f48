"""Sums over the weights of a user's items, and the items of the highest sums."""

import numpy as np

from pipeline.logic.arrays import Mask, Matrix, Slots, Vector
from pipeline.logic.kernels.embedding_scan import best
from pipeline.logic.kernels.jit import kernel, lanes


@lanes
def add_rows(weights: Matrix, rows: Slots, out: Vector) -> None:
    """Add rows of a matrix to `out`; of -1, nothing.

    >>> out = np.zeros(2, np.float32)
    >>> add_rows(np.array([[1, 2], [5, 5], [3, 4]], np.float32), np.array([0, 2]), out)
    >>> out.tolist()
    [4.0, 6.0]
    """
    for row in rows:
        if row < 0:
            continue
        for column in range(weights.shape[1]):
            out[column] += weights[row, column]


@kernel
def best_of(scores: Vector, slot_of: Slots, listable: Mask, n: int) -> Slots:
    """Slots of the places of the highest scores above 0, ascending, int64 (at most n,).

    Args:
        scores: By place, float32 (places,).
        slot_of: Of each place, -1 where it has none, int64 (places,).
        listable: Of each slot, bool (slots,).
        n: How many.

    >>> scores, slot_of = np.array([1, 0, 3, 2], np.float32), np.array([7, 6, 5, 4])
    >>> best_of(scores, slot_of, np.ones(9, np.bool_), 2)
    array([4, 5])
    """
    places = np.flatnonzero(scores > 0)
    return np.sort(best(scores[places], places, slot_of, listable, n))
