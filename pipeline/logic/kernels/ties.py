"""What recent items count where some of them have the same time.

Their order is chance then: a day without times of day, a basket, a page of ratings is a
set. What their places weigh is divided evenly among them, as in the mean of all orders.
"""

from pipeline.logic.arrays import Mask, Matrix, Times
from pipeline.logic.kernels.jit import kernel


@kernel
def ties(times_ms: Times, tied: Mask) -> None:
    """Say which of the times are equal to the one before; of the first, nothing.

    >>> import numpy as np
    >>> tied = np.zeros(4, np.bool_)
    >>> ties(np.array([9, 7, 7, 5]), tied)
    >>> tied.tolist()
    [False, False, True, False]
    """
    for place in range(1, len(times_ms)):
        tied[place] = times_ms[place] == times_ms[place - 1]


@kernel
def share_out(weights: Matrix, tied: Mask, many: int, out: Matrix) -> None:
    """Divide what places weigh among the items of one time.

    Args:
        weights: By place, the newest first, (kinds, places).
        tied: Which items have the time of the one before, bool (at least `many`,).
        many: How many items there are, at most `places`.
        out: Filled as far as that, (kinds, at least `many`).

    >>> import numpy as np
    >>> out, tied = np.zeros((1, 3), np.float32), np.array([False, True, False])
    >>> share_out(np.array([[4, 2, 1]], np.float32), tied, 3, out)
    >>> out.tolist()
    [[3.0, 3.0, 1.0]]
    """
    for kind in range(weights.shape[0]):
        first = 0
        while first < many:
            end, total = first + 1, weights[kind, first]
            while end < many and tied[end]:
                total += weights[kind, end]
                end += 1
            out[kind, first:end] = total / (end - first)
            first = end


@kernel
def mean_shares(weights: Matrix, tied: Mask, many: int, out: Matrix) -> None:
    """As `share_out`, and each kind adds up to 1, if there is any item."""
    share_out(weights, tied, many, out)
    for kind in range(weights.shape[0]):
        out[kind, :many] /= out[kind, :many].sum()
