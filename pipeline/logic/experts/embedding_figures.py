"""How well the embedding ranks what it is about to learn, beside plain popularity.

Each new positive is ranked among the negatives drawn for it: no more work, and enough
to see it sink. Figures decay, so that they say how it is now.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.logic.arrays import Matrix

NAMES = ("loss", "auc", "hr10", "popularity_auc", "popularity_hr10")
KEPT = 0.999
"""What a sample's figure still counts after the next one."""


class EmbeddingFigures:
    """Decayed means over the newest thousand or so samples.

    `auc` is the share of negatives that the positive is above; `hr10` how often fewer
    than ten are above it.

    >>> figures = EmbeddingFigures()
    >>> figures.update(np.array([[1, 0.5, 1, 0.25, 0]], np.float32))
    >>> figures.all()["auc"]
    0.5
    """

    def __init__(self) -> None:
        self._sums = dict.fromkeys(NAMES, 0.0)
        self._weight = 0.0

    def all(self) -> dict[str, float]:
        """Each figure as it is now, by name; 0 before any sample."""
        return {name: each / (self._weight or 1) for name, each in self._sums.items()}

    def update(self, each: Matrix) -> None:
        """Take the figures of samples, in order, float32 (n, one for each name)."""
        n = len(each)
        newer = KEPT ** np.arange(n - 1, -1, -1.0) * (1 - KEPT)
        kept = KEPT**n
        self._weight = self._weight * kept + 1 - kept
        for name, sums in zip(NAMES, (newer @ each).tolist(), strict=True):
            self._sums[name] = self._sums[name] * kept + sums

    def section(self) -> dict[str, float]:
        """What it holds."""
        return {"figures": self._weight, **self._sums}

    def load(self, section: Mapping[str, Any]) -> None:
        """Take back what `section` gave."""
        self._weight = float(section["figures"])
        self._sums = {name: float(section[name]) for name in NAMES}
