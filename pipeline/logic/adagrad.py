"""Steps against a gradient, each row at its own pace."""

from typing import NamedTuple

import numpy as np

from pipeline.logic.arrays import Matrix, Vector
from pipeline.logic.kernels.embedding_rows import Number, move
from pipeline.logic.kernels.jit import lanes


class Pace(NamedTuple):
    """How far a step goes.

    Args:
        rate: Length of a row's first steps.
        l2: Pull to 0.
        bound: No number leaves [-bound, bound].
    """

    rate: float
    l2: float
    bound: float


@lanes
def adagrad(
    values: Matrix,
    sums: Vector,
    i: int,
    by: Matrix,
    j: int,
    slope: Number,
    pace: Pace,
) -> None:
    """One step of Adagrad with one scalar a row, of row `i`, in place.

    The gradient is `slope * by[j] + l2 * values[i]`: that of a score by one vector is
    always a multiple of another.

    Args:
        values: float32 (n, d).
        sums: Of each row's mean squared gradients so far, above 0, float32 (n,).
        i: Which row.
        by: float32 (m, d).
        j: Which row of `by`.
        slope: Of the loss by the product of row `i` and `by[j]`.
        pace: How far.

    >>> ones, tenth = np.ones((1, 2), np.float32), np.full(1, 0.01, np.float32)
    >>> values, pace = ones.copy(), Pace(rate=0.1, l2=0.0, bound=8.0)
    >>> adagrad(values, tenth, 0, ones, 0, 1.0, pace)
    >>> values.round(2), tenth.round(2)
    (array([[0.9, 0.9]], dtype=float32), array([1.01], dtype=float32))
    """
    number = values.dtype.type
    l2, bound = number(pace.l2), number(pace.bound)
    squares = number(0)
    for k in range(values.shape[1]):
        gradient = slope * by[j, k] + l2 * values[i, k]
        squares += gradient * gradient
    sums[i] += squares / number(values.shape[1])
    step = number(pace.rate) / np.sqrt(sums[i])
    move(values, i, by, j, step * slope, number(1) - step * l2, bound)
