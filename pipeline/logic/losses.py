"""Losses of a scored item among sampled negatives: value, and slope by each score.

A score of minus infinity leaves a column out: it has no share in the loss and no slope.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector

Loss = Callable[[Matrix, Slots, Vector, Vector], tuple[Vector, Matrix]]
LossName = Literal["cross_entropy", "mse"]


def cross_entropy(
    scores: Matrix, own: Slots, labels: Vector, weights: Vector
) -> tuple[Vector, Matrix]:
    """Softmax over an item and negatives: `-ln p` in favour, `-ln (1 - p)` against.

    So an item that was refused is pushed down only as far as it is believed in.

    Args:
        scores: Of the items drawn and each example's own, float32 (n, m).
        own: Column of each example's own item, int64 (n,).
        labels: 1 in favour, 0 against, float32 (n,).
        weights: What each example counts, float32 (n,).

    Returns:
        The loss of each example (n,), and its slope by each score (n, m).

    >>> scores = np.log(np.array([[3, 1], [3, 1]], np.float32))
    >>> liked, one = np.array([1, 0], np.float32), np.ones(2, np.float32)
    >>> value, slope = cross_entropy(scores, np.array([0, 0]), liked, one)
    >>> value.round(3)
    array([0.288, 1.386], dtype=float32)
    >>> slope.round(2)
    array([[-0.25,  0.25],
           [ 0.75, -0.75]], dtype=float32)
    """
    share: Matrix = np.exp(scores - scores.max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    each, liked = np.arange(len(scores)), labels > 0
    mine = share[each, own]
    rest = np.maximum(1 - mine, _LEAST)
    value = -np.log(np.maximum(np.where(liked, mine, rest), _LEAST))
    slope = share * np.where(liked, weights, -weights * mine / rest)[:, None]
    slope[each, own] = np.where(liked, mine - 1, mine) * weights
    return value * weights, slope


def mse(
    scores: Matrix, own: Slots, labels: Vector, weights: Vector
) -> tuple[Vector, Matrix]:
    """Half the squared error: of an item to its label, of negatives, in the mean, to 0.

    Args:
        scores: Of the items drawn and each example's own, float32 (n, m).
        own: Column of each example's own item, int64 (n,).
        labels: 1 in favour, 0 against, float32 (n,).
        weights: What each example counts, float32 (n,).

    Returns:
        The loss of each example (n,), and its slope by each score (n, m).

    >>> one = np.ones(1, np.float32)
    >>> mse(np.array([[0.5, 1, 0]], np.float32), np.array([0]), one, one)
    (array([0.375], dtype=float32), array([[-0.5,  0.5,  0. ]], dtype=float32))
    """
    each, kept = np.arange(len(scores)), np.isfinite(scores)
    error = np.where(kept, scores, np.float32(0))
    error[each, own] -= labels
    negatives = np.maximum(kept.sum(1, dtype=np.float32) - 1, 1)
    share = np.repeat((weights / negatives)[:, None], scores.shape[1], axis=1)
    share[each, own] = weights
    slope: Matrix = error * share
    return (slope * error).sum(1) / 2, slope


_LEAST = np.float32(1e-7)

LOSSES: dict[LossName, Loss] = {"cross_entropy": cross_entropy, "mse": mse}
"""By the name that the setting `loss` takes."""
