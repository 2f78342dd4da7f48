"""Popularity: what everybody takes, ever or lately."""

from collections.abc import Sequence

import numpy as np

from pipeline.apps.evaluate.peers.peer import Past, Size

LARGE = 500.0
"""Doublings after which weights are made small again, far from what a float64 holds."""


class Popularity:
    """Counts events; those of one half-life ago count half.

    Instead of halving all counts as time goes, later events count more: the order is
    the same.

    Args:
        size: Of the stream.
        name: For the table.
        half_life_ms: Event time; None counts all alike.
    """

    def __init__(self, size: Size, name: str, half_life_ms: int | None = None) -> None:
        self.name = name
        self._past = Past(size)
        self._half_life_ms = half_life_ms
        self._weights = np.zeros(size.items)
        self._since_ms: int | None = None

    def top(self, user: int, at_ms: int, n: int) -> Sequence[int]:
        """The same for everybody, but for what the user had."""
        # Beside the faintest weight, what settles ties must be nothing.
        largest = max(1e-300, float(self._weights.max()))
        return self._past.best(self._weights / largest * 1e6, user, n)

    def learn(self, user: int, item: int, at_ms: int) -> None:
        """Count it."""
        self._past.like(user, item)
        self._weights[item] += self._weight(at_ms)

    def pass_over(self, user: int, item: int) -> None:
        """Not counted."""
        self._past.have(user, item)

    def _weight(self, at_ms: int) -> float:
        if self._half_life_ms is None:
            return 1.0
        if self._since_ms is None:
            self._since_ms = at_ms
        doublings = (at_ms - self._since_ms) / self._half_life_ms
        if doublings > LARGE:
            self._weights *= np.exp2(-doublings)
            self._since_ms, doublings = at_ms, 0.0
        return float(2.0**doublings)
