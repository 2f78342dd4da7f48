"""What ranking does with the features and the scores of all candidates of a list."""

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.kernels.jit import kernel


@kernel
def standard(features: Matrix, mean: Vector, scale: Vector, bound: float) -> Matrix:
    """Features less their mean, times their scale, within [-bound, bound].

    Args:
        features: Float32 (features, n).
        mean: Float32 (at least features,).
        scale: Likewise.
        bound: Above 0.

    >>> ones = np.ones(1, np.float32)
    >>> standard(np.array([[0, 2, 9]], np.float32), ones, 2 * ones, 10.0)
    array([[-2.,  2., 10.]], dtype=float32)
    """
    z, high = np.empty_like(features), np.float32(bound)
    for feature in range(features.shape[0]):
        for index in range(features.shape[1]):
            each = (features[feature, index] - mean[feature]) * scale[feature]
            each = high if each > high else each
            z[feature, index] = -high if each < -high else each
    return z


@kernel
def lifts(
    features: Matrix, z: Matrix, prior: Vector, weights: Vector, ends: Slots
) -> Matrix:
    """What groups of features add to the scores, float32 (groups, n).

    Args:
        features: Float32 (features, n).
        z: The same standardised.
        prior: What each feature weighs, float32 (features,).
        weights: What each standardised one weighs besides, float32 (features,).
        ends: Where each group of features ends, int64 (groups,).
    """
    out = np.zeros((len(ends), features.shape[1]), np.float32)
    feature = 0
    for group in range(len(ends)):
        while feature < ends[group]:
            first, second = prior[feature], weights[feature]
            for index in range(features.shape[1]):
                out[group, index] += (
                    first * features[feature, index] + second * z[feature, index]
                )
            feature += 1
    return out


@kernel
def descend(
    weights: Vector, sums: Vector, gradient: Vector, rate: float, bound: float
) -> None:
    """Take a step of Adagrad.

    Args:
        weights: Changed, float32 (n,).
        sums: Of squared gradients, above 0, changed, float32 (n,).
        gradient: Float32 (n,).
        rate: Of learning.
        bound: No weight leaves [-bound, bound].

    >>> weights, sums = np.zeros(2, np.float32), np.ones(2, np.float32)
    >>> descend(weights, sums, np.array([0, np.sqrt(3)], np.float32), 2.0, 1.0)
    >>> weights.tolist(), sums.round(3).tolist()
    ([0.0, -1.0], [1.0, 4.0])
    """
    speed, high = np.float32(rate), np.float32(bound)
    for index in range(len(weights)):
        slope = gradient[index]
        sums[index] += slope * slope
        each = weights[index] - speed * slope / np.sqrt(sums[index])
        each = high if each > high else each
        weights[index] = -high if each < -high else each


@kernel
def distinct(ordered: Slots) -> Slots:
    """Each of some slots once.

    Args:
        ordered: Ascending, int64 (n,).

    >>> distinct(np.array([1, 3, 3]))
    array([1, 3])
    """
    each, size = np.empty(len(ordered), np.int64), 0
    for index in range(len(ordered)):
        if index == 0 or ordered[index] != ordered[index - 1]:
            each[size] = ordered[index]
            size += 1
    return each[:size]


@kernel
def best(scores: Vector, ties: NDArray[np.uint32], n: int) -> Slots:
    """Indices of the `n` highest scores, the highest first; equal ones by `ties`.

    >>> scores = np.array([1, 3, 2, 3], np.float32)
    >>> best(scores, np.array([9, 8, 7, 6], np.uint32), 3)
    array([3, 1, 2])
    """
    order, size = np.empty(min(n, len(scores)), np.int64), 0
    for index in range(len(scores) if n > 0 else 0):
        score, tie = scores[index], ties[index]
        at = size
        if size == len(order):
            last = order[size - 1]
            if scores[last] > score or (scores[last] == score and ties[last] <= tie):
                continue
            at -= 1
        else:
            size += 1
        while at > 0:
            above = order[at - 1]
            if scores[above] > score or (scores[above] == score and ties[above] <= tie):
                break
            order[at] = above
            at -= 1
        order[at] = index
    return order
