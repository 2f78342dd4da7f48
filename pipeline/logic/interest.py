"""Interest of a user in an item, `s(u, i) = uᵀ W i + b`, and how it changes."""

import numpy as np

from pipeline.logic.adagrad import Pace
from pipeline.logic.arrays import Matrix
from pipeline.logic.kernels.embedding_rows import Rows, add, dot, move
from pipeline.logic.kernels.jit import kernel


@kernel
def through(user: Matrix, weights: Matrix, out: Matrix) -> None:
    """Fill `out` with `u W`: interest is its product with the item's vector.

    Args:
        user: `u`, float32 (n, d).
        weights: `W`, float32 (d, d).
        out: float32 (n, d).

    >>> u, w = np.array([[1, 2]], np.float32), np.array([[3, 1], [0, 1]], np.float32)
    >>> out = np.zeros_like(u)
    >>> through(u, w, out)
    >>> out
    array([[3., 3.]], dtype=float32)
    """
    out[:] = 0
    for i in range(user.shape[0]):
        for k in range(user.shape[1]):
            add(out, i, user[i, k], weights, k)


@kernel
def back(weights: Matrix, pull: Matrix, out: Matrix) -> None:
    """Fill `out` with `W p`: the gradient of `u`, where `p` is that of `u W`.

    Args:
        weights: `W`, float32 (d, d).
        pull: `p`, the sum of items' vectors times the slopes, float32 (1, d).
        out: float32 (1, d).

    >>> p, w = np.array([[1, 2]], np.float32), np.array([[3, 1], [0, 1]], np.float32)
    >>> out = np.zeros_like(p)
    >>> back(w, p, out)
    >>> out
    array([[5., 2.]], dtype=float32)
    """
    for k in range(weights.shape[0]):
        out[0, k] = dot(weights, k, pull, 0)


@kernel
def descend_weights(weights: Rows, user: Matrix, pull: Matrix, pace: Pace) -> None:
    """One step of Adagrad of `W`, all of it as one row; its gradient is `u pᵀ`.

    Args:
        weights: `W` (d, d) and its one sum (1,), changed in place.
        user: `u`, float32 (1, d).
        pull: `p`, float32 (1, d).
        pace: How far; its `l2` is not heard, for W starts as the identity.
    """
    number = weights.values.dtype.type
    squares = dot(user, 0, user, 0) * dot(pull, 0, pull, 0)
    weights.sums[0] += squares / number(weights.values.size)
    step = number(pace.rate) / np.sqrt(weights.sums[0])
    for k in range(user.shape[1]):
        slope = step * user[0, k]
        move(weights.values, k, pull, 0, slope, number(1), number(pace.bound))
