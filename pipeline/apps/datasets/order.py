"""Events in time order; of those at the same time, in an order drawn once."""

import random

from topics.events import Event

TIES_SEED = 7


def in_time_order(events: list[Event], rng: random.Random) -> None:
    """Sort events by time, in place.

    Many sets know times by the second, some by the day, and their files list what has
    the same time by user or by item: read in that order they would tell too much.

    Args:
        events: In any order.
        rng: Shuffles those of the same time.
    """
    rng.shuffle(events)
    events.sort(key=lambda event: event.event_time_ms)
