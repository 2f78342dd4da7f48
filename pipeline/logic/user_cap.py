"""How much one user may contribute: a bucket that drains with event time."""

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class UserCap:
    """At most `amount` at once, and `amount` per window in the long run.

    Args:
        amount: How much a bucket holds; it drains this much in a window.
        window_ms: Event time in which a full bucket drains.
    """

    amount: float
    window_ms: int

    def drain(self, amount: float, elapsed_ms: int) -> float:
        """What is left of an amount; an older event drains nothing.

        >>> UserCap(amount=2.0, window_ms=1_000).drain(1.5, elapsed_ms=500)
        0.5
        """
        if elapsed_ms <= 0:
            return amount
        return max(0.0, amount - elapsed_ms * self.amount / self.window_ms)

    def empty_ms(self, amount: float) -> int:
        """Event time after which nothing is left of an amount.

        >>> UserCap(amount=2.0, window_ms=1_000).empty_ms(1.0)
        500
        """
        return ceil(amount * self.window_ms / self.amount)
