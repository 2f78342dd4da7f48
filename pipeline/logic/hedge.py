"""Two models of one thing, each heard as much as its last predictions were good.

Weights are exponential in the losses, which fade (Freund and Schapire, A decision-
theoretic generalization of on-line learning, 1997; with discounted losses as of Chernov
and Zhdanov, Prediction with expert advice under discounted loss, 2010). So the mean is
hardly worse than the better of the two, also where that changes.
"""

from math import exp

from pipeline.logic.arrays import Vector

FADING = 0.999
"""A loss counts so much of what the one after it counts."""
FARTHEST = 50.0
"""Nats; beyond it a model is not heard at all, and comes back sooner."""


class Hedge:
    """Weights of two models.

    Attributes:
        losses: Faded sums of both, nats; only their difference says something.

    >>> hedge = Hedge()
    >>> hedge.share
    0.5
    >>> hedge.update(1.0, 3.0)
    >>> round(hedge.share, 2)
    0.88
    """

    def __init__(self) -> None:
        self.losses: tuple[float, ...] = (0.0, 0.0)

    @property
    def share(self) -> float:
        """Weight of the first, 0 to 1."""
        apart = self.losses[0] - self.losses[1]
        return 1 / (1 + exp(min(max(apart, -FARTHEST), FARTHEST)))

    def mean(self, first: Vector, second: Vector) -> Vector:
        """Weighed mean of what both say, float32, of their shape."""
        share = self.share
        mixed: Vector = (share * first + (1 - share) * second).astype(first.dtype)
        return mixed

    def update(self, first: float, second: float) -> None:
        """Take the losses of both on one more prediction, nats."""
        one, other = (FADING * loss for loss in self.losses)
        self.losses = one + first, other + second
