"""Several orders of the same candidates, each heard as much as its lists were good.

What makes a choice likely on the whole need not put it among the first ten: where
events are few a learnt score explains more of them than popularity does, and yet has
fewer at the top. So an order is judged by its gain, 1 / log2(2 + place) of what was
chosen if it was among the first `DEPTH`, and weights are exponential in the sum of
gains, which fade (see `logic.hedge`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Vector
from pipeline.logic.hedge import FADING

DEPTH = 10
HEAD_START = 3.0
"""Gains that the first order is ahead by: a few hits prove nothing."""
SURE = 0.999
"""With so large a share the first order is heard alone; mixing takes time."""
FLAT = 1e-6


class Orders:
    """Weights of orders.

    Args:
        many: How many there are, the first one included.

    Attributes:
        gains: Faded sums, float64 (many,); only their differences say something.

    >>> orders = Orders(2)
    >>> learnt, popular = np.array([3.0, 1.0, 2.0]), np.array([1.0, 3.0, 2.0])
    >>> orders.mixed([learnt, popular]).round(1).tolist()
    [2.9, 1.1, 2.0]
    """

    def __init__(self, many: int) -> None:
        self.gains: NDArray[np.float64] = np.zeros(many)

    @property
    def shares(self) -> NDArray[np.float64]:
        """Of each order, float64 (many,), 1 in all."""
        ahead = self.gains.copy()
        ahead[0] += HEAD_START
        shares: NDArray[np.float64] = np.exp(ahead - ahead.max())
        shares /= shares.sum()
        return shares

    def mixed(self, scores: Sequence[Vector]) -> Vector:
        """Weighed mean of scores, all brought to mean and deviation of the first.

        Args:
            scores: By each order, float32 (n,), n above 0.

        Returns:
            float32 (n,).
        """
        shares, first = self.shares, scores[0]
        if shares[0] >= SURE:
            return first
        middle, spread = first.mean(), first.std()
        mixed = shares[0] * (first - middle)
        for share, each in zip(shares[1:], scores[1:], strict=True):
            mixed += share * spread * (each - each.mean()) / max(each.std(), FLAT)
        whole: Vector = (middle + mixed).astype(first.dtype)
        return whole

    def update(self, scores: Sequence[Vector], chosen: int) -> None:
        """Take what was chosen; among equal scores its place is the middle one.

        Args:
            scores: As of `mixed`.
            chosen: Index of the candidate.
        """
        for order, each in enumerate(scores):
            above = np.count_nonzero(each > each[chosen])
            place = (above + np.count_nonzero(each >= each[chosen]) - 1) / 2
            gain = 1 / np.log2(2 + place) if place < DEPTH else 0.0
            self.gains[order] = FADING * self.gains[order] + gain
