"""What an event counts for that says how much: a rating, a time spent."""

NEUTRAL_RATING = 3.0
STRONGEST = 2.0
GLANCE_S = 3.0
"""Whoever leaves an item sooner did not want it."""
GLANCE_WEIGHT = -0.5
CLICK_S = 30.0
"""A dwell of this length says as much as a click."""


def rating_weight(rating: float) -> float:
    """Weight of a rating: 4 and more speak for an item, 2 and less against it.

    A 3 counts for nothing: it is what people give to what neither pleased nor annoyed
    them. They had the item, and that is all that is learnt.

    >>> [rating_weight(rating) for rating in (5, 4.5, 4, 3, 2, 1, 0.5)]
    [2.0, 1.5, 1.0, 0.0, -1.0, -2.0, -2.0]
    """
    return max(-STRONGEST, min(STRONGEST, round(rating - NEUTRAL_RATING, 2)))


def dwell_weight(seconds: float) -> float:
    """Weight of a dwell: half a minute is a click, more up to two, a glance is against.

    >>> [dwell_weight(seconds) for seconds in (1, 3, 30, 60, 600)]
    [-0.5, 0.1, 1.0, 2.0, 2.0]
    """
    if seconds < GLANCE_S:
        return GLANCE_WEIGHT
    return min(STRONGEST, round(seconds / CLICK_S, 2))
