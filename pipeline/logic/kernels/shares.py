"""Which experts speak for an item, and how much, as a list says it."""

import numpy as np

from pipeline.logic.arrays import Matrix, Slots
from pipeline.logic.kernels.jit import kernel
from pipeline.logic.kernels.leaders import Values


@kernel
def loudest_first(shares: Matrix) -> tuple[Slots, Values]:
    """Order the experts of each item, and round their shares to three places.

    The largest takes what rounding leaves of 1.

    Args:
        shares: Of each expert, float32 (n, experts); a row adds up to 1, or to 0.

    Returns:
        Experts, the largest share first, of equal ones the first, int64 (n, experts);
        their shares, float64 (n, experts).

    >>> order, rounded = loudest_first(np.array([[1 / 3, 1 / 6, 1 / 2]], np.float32))
    >>> order.tolist(), rounded.tolist()
    ([[2, 0, 1]], [[0.5, 0.333, 0.167]])
    """
    order = np.empty(shares.shape, np.int64)
    rounded = np.empty(shares.shape, np.float64)
    for item in range(shares.shape[0]):
        its, total, largest = rounded[item], 0.0, 0
        for expert in range(len(its)):
            its[expert] = np.rint(shares[item, expert] * 1000.0) / 1000.0
            total += its[expert]
            largest = expert if its[expert] > its[largest] else largest
        if total > 0:
            its[largest] = np.rint((its[largest] + 1 - total) * 1000) / 1000
        for expert in range(len(its)):
            share, at = its[expert], expert
            while at > 0 and its[at - 1] < share:
                its[at], order[item, at] = its[at - 1], order[item, at - 1]
                at -= 1
            its[at], order[item, at] = share, expert
    return order, rounded
