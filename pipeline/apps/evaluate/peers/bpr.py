"""BPR-MF online: the item that was taken is ranked above others drawn at random.

By Rendle et al., "BPR: Bayesian personalized ranking from implicit feedback" (2009),
one event after the other.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.apps.evaluate.peers.peer import Past, Size
from pipeline.logic.arrays import Slots, Vector
from pipeline.logic.kernels.jit import kernel

FACTORS = 64
NEGATIVES = 50
RATE = 0.05
DECAY = 0.01
SPREAD = 0.1
SEED = 7


class BprMf:
    """A vector for each user and item, and a bias for each item.

    Args:
        size: Of the stream.
    """

    name = "bpr-mf"

    def __init__(self, size: Size) -> None:
        self._rng = np.random.default_rng(SEED)
        self._past = Past(size)
        self._users = self._drawn(size.users)
        self._items = self._drawn(size.items)
        self._bias = np.zeros(size.items, np.float32)
        self._seen = 0

    def top(self, user: int, at_ms: int, n: int) -> Sequence[int]:
        """Items of the largest product with the user."""
        return self._past.best(self._items @ self._users[user] + self._bias, user, n)

    def learn(self, user: int, item: int, at_ms: int) -> None:
        """One step for each item that is drawn."""
        self._past.like(user, item)
        self._seen = max(self._seen, item + 1)
        drawn = self._rng.integers(0, self._seen, NEGATIVES)
        drawn = drawn[drawn != item]
        rank_above(self._users[user], self._items, self._bias, item, drawn, RATE, DECAY)

    def pass_over(self, user: int, item: int) -> None:
        """Not learnt."""
        self._past.have(user, item)

    def _drawn(self, n: int) -> Vector:
        return self._rng.normal(0, SPREAD, (n, FACTORS)).astype(np.float32)


@kernel
def rank_above(
    user: Vector,
    items: Vector,
    bias: Vector,
    item: int,
    drawn: Slots,
    rate: float,
    decay: float,
) -> None:
    """Steps down `-ln sigmoid(score of the item - score of a drawn one)`, in place.

    Args:
        user: float32 (factors,).
        items: float32 (items, factors).
        bias: float32 (items,).
        item: The one that was taken.
        drawn: Others, int64 (n,).
        rate: Of a step.
        decay: L2.
    """
    for other in drawn:
        above = bias[item] - bias[other]
        for f in range(len(user)):
            above += user[f] * (items[item, f] - items[other, f])
        slope = rate / (1.0 + np.exp(above))
        bias[item] += slope - rate * decay * bias[item]
        bias[other] -= slope + rate * decay * bias[other]
        for f in range(len(user)):
            u, i, j = user[f], items[item, f], items[other, f]
            user[f] += slope * (i - j) - rate * decay * u
            items[item, f] += slope * u - rate * decay * i
            items[other, f] -= slope * u + rate * decay * j
