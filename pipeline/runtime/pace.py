"""When to read, when to tell time, and for how long nothing has come."""

from pipeline.runtime.clock import Clock


class Pace:
    """Keeps the loop's times.

    Args:
        clock: Now.
        poll_interval_ms: At least this long between two polls, unless behind.
        tick_ms: Between two ticks.
    """

    def __init__(self, clock: Clock, poll_interval_ms: int, tick_ms: int) -> None:
        self._clock = clock
        self._poll_interval_ms = poll_interval_ms
        self._tick_ms = tick_ms
        self._last_poll_ms = 0
        self._last_tick_ms = 0
        self._idle_since_ms: int | None = None

    def before_poll(self, behind: int) -> None:
        """Wait until the next poll may be, unless records are waiting."""
        passed = self._clock.monotonic_ms() - self._last_poll_ms
        if not behind and passed < self._poll_interval_ms:
            self._clock.sleep_ms(self._poll_interval_ms - passed)
        self._last_poll_ms = self._clock.monotonic_ms()

    def note(self, busy: bool) -> None:
        """Note whether there was anything to do, or still is."""
        if busy:
            self._idle_since_ms = None
        elif self._idle_since_ms is None:
            self._idle_since_ms = self._clock.monotonic_ms()

    @property
    def idle_ms(self) -> int:
        """For how long there has been nothing to do."""
        if self._idle_since_ms is None:
            return 0
        return self._clock.monotonic_ms() - self._idle_since_ms

    def tick(self) -> bool:
        """Whether a tick is due; it then counts as done."""
        now = self._clock.monotonic_ms()
        if now - self._last_tick_ms < self._tick_ms:
            return False
        self._last_tick_ms = now
        return True
