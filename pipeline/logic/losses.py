"""Losses of a scored item among sampled negatives: value, and slope by each score.

The item's own score is the first, the others are those of its negatives.
"""

from typing import Literal

import numpy as np

from pipeline.logic.arrays import Vector
from pipeline.logic.kernels.embedding_rows import Number
from pipeline.logic.kernels.jit import kernel

LossName = Literal["cross_entropy", "mse"]


@kernel
def cross_entropy(
    scores: Vector, label: Number, weight: Number, slopes: Vector
) -> float:
    """Softmax over an item and negatives: `-ln p` in favour, `-ln (1 - p)` against.

    So an item that was refused is pushed down only as far as it is believed in.

    Args:
        scores: Of the item and its negatives, float (n,).
        label: 1 in favour, 0 against.
        weight: What the sample counts.
        slopes: Filled with the loss's slope by each score, float (n,).

    Returns:
        The loss.

    >>> scores, slopes = np.log(np.array([3, 1], np.float32)), np.zeros(2, np.float32)
    >>> round(float(cross_entropy(scores, 1.0, 1.0, slopes)), 3), slopes.round(2)
    (0.288, array([-0.25,  0.25], dtype=float32))
    >>> round(float(cross_entropy(scores, 0.0, 1.0, slopes)), 3), slopes.round(2)
    (1.386, array([ 0.75, -0.75], dtype=float32))
    """
    number = scores.dtype.type
    slopes[:] = np.exp(scores - scores.max())
    slopes /= slopes.sum()
    own, least = slopes[0], number(_LEAST)
    rest = max(number(1) - own, least)
    if label > 0:
        slopes *= number(weight)
        slopes[0] = number(weight) * (own - number(1))
        return float(-np.log(max(own, least)) * number(weight))
    slopes *= -number(weight) * own / rest
    slopes[0] = number(weight) * own
    return float(-np.log(rest) * number(weight))


@kernel
def mse(scores: Vector, label: Number, weight: Number, slopes: Vector) -> float:
    """Half the squared error: of an item to its label, of negatives, in the mean, to 0.

    Args:
        scores: Of the item and its negatives, float (n,).
        label: 1 in favour, 0 against.
        weight: What the sample counts.
        slopes: Filled with the loss's slope by each score, float (n,).

    Returns:
        The loss.

    >>> slopes = np.zeros(3, np.float32)
    >>> round(float(mse(np.array([0.5, 1, 0], np.float32), 1.0, 1.0, slopes)), 3)
    0.375
    >>> slopes
    array([-0.5,  0.5,  0. ], dtype=float32)
    """
    number = scores.dtype.type
    share = number(weight) / number(max(len(scores) - 1, 1))
    error = scores[0] - number(label)
    slopes[:] = scores * share
    slopes[0] = error * number(weight)
    value = slopes[0] * error
    for each in range(1, len(scores)):
        value += slopes[each] * scores[each]
    return float(value / number(2))


_LEAST = 1e-7

LOSSES = {"cross_entropy": cross_entropy, "mse": mse}
"""By the name that the setting `loss` takes."""
