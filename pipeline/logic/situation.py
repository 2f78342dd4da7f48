"""The situation of a user at a moment: how new, how long away, how deep in."""

from math import log1p

import numpy as np

from pipeline.logic.arrays import Vector
from pipeline.logic.expert import Moment
from pipeline.logic.sessions import session_length

CONTEXT = ("history", "gap", "session", "together")
FAR_S = 1e8
"""What stands for the gap of a user without history, in seconds."""


def context_of(moment: Moment) -> Vector:
    """Logarithms of what a moment is like, float32 (4,), named by `CONTEXT`.

    History so far; seconds since the last interaction; length of the session; how many
    interactions stand at the very time of the moment.
    """
    now_ms, times_ms = moment.now_ms, moment.recent_times_ms.tolist()
    gap_s = max(now_ms - times_ms[-1], 0) / 1000 if times_ms else FAR_S
    numbers = (
        moment.history,
        gap_s,
        session_length(times_ms, now_ms, most=len(times_ms) + 1),
        times_ms.count(now_ms),
    )
    return np.array([log1p(each) for each in numbers], np.float32)


def in_session(moment: Moment) -> bool:
    """Whether the user did something a short while ago."""
    return session_length(moment.recent_times_ms.tolist(), moment.now_ms, most=1) > 0
