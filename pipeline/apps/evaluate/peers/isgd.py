"""ISGD: matrix factorisation with one gradient step per event, positive only.

By Vinagre et al., "Fast incremental matrix factorization for recommendation with
positive-only feedback" (2014).
"""

from collections.abc import Sequence

import numpy as np

from pipeline.apps.evaluate.peers.peer import Past, Size
from pipeline.logic.arrays import Vector
from pipeline.logic.kernels.jit import kernel

FACTORS = 64
RATE = 0.05
DECAY = 0.01
SPREAD = 0.1
SEED = 7


class Isgd:
    """Draws each pair's product to 1.

    Args:
        size: Of the stream.
    """

    name = "isgd"

    def __init__(self, size: Size) -> None:
        rng = np.random.default_rng(SEED)
        self._past = Past(size)
        self._users = _drawn(rng, size.users)
        self._items = _drawn(rng, size.items)

    def top(self, user: int, at_ms: int, n: int) -> Sequence[int]:
        """Items whose product with the user is nearest to 1."""
        products = self._items @ self._users[user]
        return self._past.best(-np.abs(1 - products), user, n)

    def learn(self, user: int, item: int, at_ms: int) -> None:
        """One step of both vectors."""
        draw_to_one(self._users[user], self._items[item], RATE, DECAY)
        self._past.like(user, item)

    def pass_over(self, user: int, item: int) -> None:
        """Not learnt."""
        self._past.have(user, item)


def _drawn(rng: np.random.Generator, n: int) -> Vector:
    return rng.normal(0, SPREAD, (n, FACTORS)).astype(np.float32)


@kernel
def draw_to_one(user: Vector, item: Vector, rate: float, decay: float) -> None:
    """A step down the squared error of `1 - user . item`, with L2, in place.

    Args:
        user: float32 (factors,).
        item: float32 (factors,).
        rate: Of the step.
        decay: L2.
    """
    error = 1.0 - np.dot(user, item)
    for f in range(len(user)):
        before = user[f]
        user[f] += rate * (error * item[f] - decay * before)
        item[f] += rate * (error * before - decay * item[f])
