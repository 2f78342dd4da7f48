"""What is counted of items, by all lessons of a batch at once."""

from math import inf, log1p, log2
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Mask, Slots, Times
from pipeline.logic.kernels.jit import kernel
from pipeline.logic.kernels.popularity import (
    AGAINST,
    CLICKS,
    EVENTS,
    FIRST_MS,
    IMPRESSIONS,
    LAST_MS,
)

Floats = NDArray[np.float64]
LOG2_E = 1.4426950408889634


class Lessons(NamedTuple):
    """What is learnt.

    Attributes:
        rows: Row of the item of each, int64 (lessons,).
        labels: Whether in favour, bool (lessons,).
        shown: Whether from an impression, bool (lessons,).
        weights: Above 0, float64 (lessons,).
        times_ms: When, int64 (lessons,).
    """

    rows: Slots
    labels: Mask
    shown: Mask
    weights: Floats
    times_ms: Times


@kernel
def learn(logs: Floats, counts: Slots, lessons: Lessons, half_lives_ms: Floats) -> None:
    """Count lessons in their order.

    Args:
        logs: Binary logarithms of the decayed counts at time 0, changed in place,
            float64 (rows, half-lives).
        counts: By `EVENTS` and so on, changed in place, int64 (rows, 6).
        lessons: Of these rows.
        half_lives_ms: After how long a count has halved, float64 (half-lives,).
    """
    for at, row in enumerate(lessons.rows):
        if lessons.shown[at]:
            counts[row, IMPRESSIONS] += 1
            counts[row, CLICKS] += lessons.labels[at]
        elif not lessons.labels[at]:
            counts[row, AGAINST] += 1
        else:
            time_ms, weight = lessons.times_ms[at], log2(lessons.weights[at])
            for kind, half_life_ms in enumerate(half_lives_ms):
                term = weight + time_ms / half_life_ms
                logs[row, kind] = add_to_log2(logs[row, kind], term)
            counts[row, EVENTS] += 1
            first_ms, last_ms = counts[row, FIRST_MS], counts[row, LAST_MS]
            counts[row, FIRST_MS] = min(first_ms or time_ms, time_ms)
            counts[row, LAST_MS] = max(last_ms, time_ms)


@kernel
def add_to_log2(log: float, term: float) -> float:
    """Logarithm of a sum: log2(2 ** log + 2 ** term).

    >>> add_to_log2(3.0, 3.0), add_to_log2(float("-inf"), 5.0)
    (4.0, 5.0)
    """
    high, low = (log, term) if log > term else (term, log)
    return high if low == -inf else high + log1p(2.0 ** (low - high)) * LOG2_E
