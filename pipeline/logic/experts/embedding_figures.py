"""How well the embedding ranks what it is about to learn, beside plain popularity.

Some new positives of a step are ranked among the negatives drawn for it: cheap,
and enough to see it sink. Figures decay, so that they say how it is now.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector

NAMES = ("loss", "auc", "hr10", "popularity_auc", "popularity_hr10")
KEPT = 0.999
"""What a sample's figure still counts after the next one."""

_RANKED = 16


class EmbeddingFigures:
    """Decayed means over the newest thousand or so samples.

    `auc` is the share of negatives that the positive is above; `hr10` how often fewer
    than ten are above it.
    """

    def __init__(self) -> None:
        self._sums = dict.fromkeys(NAMES, 0.0)
        self._weight = 0.0

    def all(self) -> dict[str, float]:
        """Each figure as it is now, by name; 0 before any sample."""
        return {name: each / (self._weight or 1) for name, each in self._sums.items()}

    def update(
        self, scores: Matrix, counts: Vector, own: Slots, labels: Vector, loss: Vector
    ) -> None:
        """Rank positives, some of them, before they are learnt.

        Args:
            scores: Minus infinity where an item was not drawn, float32 (n, m).
            counts: Popularity of the same items, float32 (m,).
            own: Column of each example's own item, int64 (n,).
            labels: 1 in favour, 0 against, float32 (n,).
            loss: Of these and of others in the step.
        """
        liked = np.flatnonzero(labels > 0)[:_RANKED]
        n = len(liked)
        if not n:
            return
        scores, own = scores[liked], own[liked]
        counted = np.where(np.isfinite(scores), counts, -np.inf)
        auc, hits = rank(scores, own)
        popular_auc, popular_hits = rank(counted, own)
        means = (float(loss.mean()), auc, hits, popular_auc, popular_hits)
        kept = KEPT**n
        self._weight = self._weight * kept + 1 - kept
        for name, mean in zip(NAMES, means, strict=True):
            self._sums[name] = self._sums[name] * kept + mean * (1 - kept)

    def section(self) -> dict[str, float]:
        """What it holds."""
        return {"figures": self._weight, **self._sums}

    def load(self, section: Mapping[str, Any]) -> None:
        """Take back what `section` gave."""
        self._weight = float(section["figures"])
        self._sums = {name: float(section[name]) for name in NAMES}


def rank(scores: Matrix, own: Slots) -> tuple[float, float]:
    """Mean share of others below the own item, and share of rows with < 10 above it.

    A tie counts half.

    >>> rank(np.array([[3, 1, 3, -np.inf]], np.float32), np.array([0]))
    (0.75, 1.0)
    """
    mine = scores[np.arange(len(scores)), own][:, None]
    others = np.isfinite(scores).sum(1) - 1
    above = (scores > mine).sum(1) + ((scores == mine).sum(1) - 1) / 2
    auc = 1 - above / np.maximum(others, 1)
    return float(auc.mean()), float((above < 10).mean())
