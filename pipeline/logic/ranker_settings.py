"""How the ranker learns, and what it goes by before it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field

PRIOR: Mapping[str, float] = {
    "popularity.count 3": 0.5,
    "popularity.count 4": 0.5,
    "covisitation.lift": 1.0,
    "covisitation.cov8": 0.15,
    "embedding.interest": 0.1,
    "content.mid": 0.3,
}
"""What features weigh before anything is learnt; others nothing. It is a popularity
times lifts, so that who has no history, or one that tells little, is shown what is
popular; and a little for any co-visit and for vectors, so that a click moves lists on
the first day."""


@dataclass(frozen=True, slots=True)
class RankerSettings:
    """How the ranker learns.

    Args:
        units: Hidden ones.
        rate: Of Adagrad.
        plain: Share of the rate at which the plain model learns.
        first_sum: Where the sum of squared gradients of each weight starts.
        moving: Share of a list in the running mean and deviation of features.
        bound: No standardised feature leaves [-bound, bound], and no weight.
        histories: Lower bounds of a user's history, which with in or out of a session
            make the situations.
        prior: What features weigh at first, by name.
        popular: Whether popularity alone is heard, too, as far as it does better.
    """

    units: int = 32
    rate: float = 0.05
    plain: float = 0.5
    first_sum: float = 1.0
    moving: float = 0.002
    bound: float = 10.0
    histories: tuple[int, ...] = (0, 3, 10, 30, 100)
    prior: Mapping[str, float] = field(default_factory=lambda: dict(PRIOR))
    popular: bool = True

    @property
    def situations(self) -> int:
        """How many situations of a user have weights of their own."""
        return 2 * len(self.histories)

    def situation(self, history: int, in_session: bool) -> int:
        """Which one.

        >>> settings = RankerSettings()
        >>> settings.situation(0, False), settings.situation(31, True)
        (0, 7)
        """
        at = sum(history >= least for least in self.histories) - 1
        return 2 * at + in_session
