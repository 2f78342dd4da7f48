"""Running mean and deviation of what the ranker is told, each list a little."""

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Matrix, Vector
from pipeline.logic.kernels.ranking import standard

LEAST = 0.05
"""A feature that hardly varies is not blown up."""


class Scaler:
    """Brings features and context to mean 0 and deviation 1.

    Args:
        features: How many there are.
        contexts: The same.
        bound: Nothing leaves [-bound, bound].

    Attributes:
        arrays: Means and means of squares, features first, float64 (features +
            contexts,); whoever changes them calls `take`.
    """

    def __init__(self, features: int, contexts: int, bound: float) -> None:
        self._features = features
        self._bound = bound
        size = features + contexts
        self.arrays = {"mean": np.zeros(size), "square": np.ones(size)}
        self.take(self.arrays)

    def features(self, features: Matrix) -> Matrix:
        """Features as they count, float32 (features, n)."""
        return standard(features, self._mean, self._scale, self._bound)

    def context(self, context: Vector) -> Vector:
        """Context as it counts, float32 (contexts,)."""
        f, column = self._features, context[:, None]
        return standard(column, self._mean[f:], self._scale[f:], self._bound)[:, 0]

    def move(self, features: Matrix, context: Vector, share: float) -> None:
        """Let a list count as much as `share` says, 0 to 1."""
        x = np.asarray(features, np.float64)
        mean = np.concatenate((x.mean(axis=1), context))
        square = np.concatenate((np.square(x).mean(axis=1), np.square(context)))
        self.arrays["mean"] += share * (mean - self.arrays["mean"])
        self.arrays["square"] += share * (square - self.arrays["square"])
        self.take(self.arrays)

    def take(self, arrays: dict[str, NDArray[np.float64]]) -> None:
        """Go by these from now on."""
        self.arrays, mean = arrays, arrays["mean"]
        spread = np.sqrt(np.maximum(arrays["square"] - np.square(mean), 0))
        self._mean: Vector = mean.astype(np.float32)
        self._scale: Vector = (1 / np.maximum(spread, LEAST)).astype(np.float32)
