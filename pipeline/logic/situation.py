"""The situation of a user at a moment: how new, how long away, how deep in."""

from math import log1p

import numpy as np

from pipeline.logic.arrays import Times, Vector
from pipeline.logic.expert import Moment

SESSION_MS = 30 * 60_000
"""A session ends when so long nothing was done."""
CONTEXT = ("history", "gap", "session", "together")


def session_length(times_ms: Times, now_ms: int) -> int:
    """How many of the last interactions belong to the session of a moment.

    Args:
        times_ms: Event times, ascending, int64 (n,).
        now_ms: The moment.

    >>> session_length(np.array([0, 9_000_000, 9_000_500]), 9_060_000)
    2
    >>> session_length(np.array([0]), 9_060_000)
    0
    """
    gaps = np.diff(times_ms[::-1], prepend=now_ms)
    return int((gaps >= -SESSION_MS).cumprod().sum())


def context_of(moment: Moment) -> Vector:
    """Logarithms of what a moment is like, float32 (4,), named by `CONTEXT`.

    History so far; seconds since the last interaction; length of the session; how many
    interactions stand at the very time of the moment.
    """
    times = moment.recent_times_ms
    gap_ms = max(moment.now_ms - int(times[-1]), 0) if len(times) else 0
    numbers = (
        moment.history,
        gap_ms / 1000 if len(times) else FAR_S,
        session_length(times, moment.now_ms),
        int((times == moment.now_ms).sum()),
    )
    return np.array([log1p(each) for each in numbers], np.float32)


FAR_S = 1e8
"""What stands for the gap of a user without history, in seconds."""
