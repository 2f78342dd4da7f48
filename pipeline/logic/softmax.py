"""Cross-entropy over the candidates of a list."""

import numpy as np

from pipeline.logic.arrays import Vector


def softmax_slope(scores: Vector, chosen: int) -> tuple[Vector, float]:
    """Gradient of the cross-entropy by scores, float32 (n,), and the loss itself, nats.

    >>> slope, loss = softmax_slope(np.zeros(4, np.float32), chosen=1)
    >>> slope.tolist(), round(loss, 3)
    ([0.25, -0.75, 0.25, 0.25], 1.386)
    """
    below = scores - scores.max()
    shares = np.exp(below)
    total = float(shares.sum())
    loss = float(np.log(total) - below[chosen])
    shares /= total
    shares[chosen] -= 1
    return shares, loss
