"""Sums over the weights of a user's items."""

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.kernels.jit import lanes


@lanes
def add_rows(weights: Matrix, rows: Slots, out: Vector) -> None:
    """Add rows of a matrix to `out`.

    >>> import numpy as np
    >>> out = np.zeros(2, np.float32)
    >>> add_rows(np.array([[1, 2], [5, 5], [3, 4]], np.float32), np.array([0, 2]), out)
    >>> out.tolist()
    [4.0, 6.0]
    """
    for row in rows:
        for column in range(weights.shape[1]):
            out[column] += weights[row, column]
