"""What the embedding's kernels do to single rows of its tables.

Sums run over several lanes at once: six times faster than in the order of the numbers,
and the same each time on one kind of processor.
"""

from typing import Any, NamedTuple

import numpy as np

from pipeline.logic.arrays import Matrix, Vector
from pipeline.logic.kernels.jit import lanes

Number = float | np.floating[Any]
"""Of the dtype of the rows, or the work is done in that of doubles."""


class Rows(NamedTuple):
    """Rows that are learnt.

    Args:
        values: float32 (n, d).
        sums: Of each row's mean squared gradients so far, above 0, float32 (n,).
    """

    values: Matrix
    sums: Vector


@lanes
def dot(left: Matrix, i: int, right: Matrix, j: int) -> np.float32:
    """Product of two rows, `left[i] · right[j]`; both tables are (n, d).

    >>> rows = np.array([[1, 2], [3, 4]], np.float32)
    >>> float(dot(rows, 0, rows, 1))
    11.0
    """
    total: np.float32 = left.dtype.type(0)
    for k in range(left.shape[1]):
        total += left[i, k] * right[j, k]
    return total


@lanes
def add(into: Matrix, i: int, share: Number, table: Matrix, j: int) -> None:
    """Add `share` times a row: `into[i] += share * table[j]`; both are (n, d)."""
    for k in range(into.shape[1]):
        into[i, k] += share * table[j, k]


@lanes
def move(
    values: Matrix,
    i: int,
    by: Matrix,
    j: int,
    slope: Number,
    kept: Number,
    bound: Number,
) -> None:
    """`values[i] = kept * values[i] - slope * by[j]`, within [-bound, bound]."""
    for k in range(values.shape[1]):
        moved = kept * values[i, k] - slope * by[j, k]
        # Not min and max: those mind NaN, and are slow.
        moved = moved if moved < bound else bound
        values[i, k] = moved if moved > -bound else -bound
