"""Where the session of a user began."""

from collections.abc import Sequence

SESSION_MS = 30 * 60_000
"""A session ends when so long nothing was done."""


def session_length(times_ms: Sequence[int], now_ms: int, most: int) -> int:
    """How many of the last interactions belong to the session of a moment.

    Args:
        times_ms: Event times, ascending.
        now_ms: The moment.
        most: No more than so many are counted, above 0.

    >>> session_length([0, 9_000_000, 9_000_500], 9_060_000, most=16)
    2
    >>> session_length([0], 9_060_000, most=16)
    0
    """
    length, later_ms = 0, now_ms
    for time_ms in reversed(times_ms[-most:]):
        if later_ms - time_ms > SESSION_MS:
            break
        length, later_ms = length + 1, time_ms
    return length
