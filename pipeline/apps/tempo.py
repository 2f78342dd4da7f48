"""Sending at a set rate."""

from pipeline.runtime.clock import Clock

LONGEST_DEBT_MS = 1_000
"""What was missed longer ago is not caught up: it would come as one burst."""


class Tempo:
    """Waits so that `per_second` records go out in a second.

    Args:
        clock: Now.
        per_second: None: as fast as they can be sent.
    """

    def __init__(self, clock: Clock, per_second: float | None) -> None:
        self._clock = clock
        self._step_ms = 0.0 if per_second is None else 1000 / per_second
        self._due_ms: float = clock.monotonic_ms()

    def wait(self) -> int:
        """Return when the next record may be sent, with the monotonic time then."""
        now_ms = self._clock.monotonic_ms()
        if not self._step_ms:
            return now_ms
        if self._due_ms > now_ms:
            self._clock.sleep_ms(max(1, round(self._due_ms - now_ms)))
            now_ms = self._clock.monotonic_ms()
        self._due_ms = max(self._due_ms, now_ms - LONGEST_DEBT_MS) + self._step_ms
        return now_ms
