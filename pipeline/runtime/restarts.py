"""When a process that has ended is started again, and when no more."""

from pipeline.runtime.faults import BadLog, BadTopics, Fenced, TooManyDeadLetters

FINAL = frozenset(s.code for s in (Fenced, TooManyDeadLetters, BadLog, BadTopics))
"""Exit codes of faults that a restart does not mend."""

FIRST_WAIT_MS = 200
LONGEST_WAIT_MS = 5_000
QUICK_MS = 10_000
QUICK_IN_A_ROW = 5


class Restarts:
    """Decides for one process.

    Waits double from 0.2 s to 5 s while it ends within 10 s of its start; the fifth
    such end in a row is the last.

    >>> restarts = Restarts()
    >>> [restarts.wait_ms(1, lived_ms=100) for _ in range(5)]
    [200, 400, 800, 1600, None]
    >>> restarts.wait_ms(1, lived_ms=60_000), restarts.wait_ms(4, lived_ms=60_000)
    (200, None)
    """

    def __init__(self) -> None:
        self._quick = 0

    def wait_ms(self, code: int, lived_ms: int) -> int | None:
        """How long to wait before the next start; None: it is not started again."""
        self._quick = self._quick + 1 if lived_ms < QUICK_MS else 0
        if code in FINAL or self._quick >= QUICK_IN_A_ROW:
            return None
        return min(FIRST_WAIT_MS << max(0, self._quick - 1), LONGEST_WAIT_MS)
