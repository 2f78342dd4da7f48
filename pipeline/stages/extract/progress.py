"""How far a partition has come in event time and append time; when a tick is due."""

from topics.spec import Position


class Progress:
    """Event time of the newest event, append time of the newest record, ticks.

    Args:
        tick_idle_ms: Idle for so long gives a tick, and again each time.

    >>> progress = Progress(tick_idle_ms=5_000)
    >>> progress.see(100_000, Position("events", 0, 7))
    >>> [progress.tick(idle_ms) for idle_ms in (4_999, 5_001, 9_999, 10_000)]
    [None, 105001, None, 110000]
    """

    def __init__(self, tick_idle_ms: int) -> None:
        self._tick_idle_ms = tick_idle_ms
        self.event_time_ms = 0
        self.source: Position | None = None
        self.append_time_ms = 0
        self._ticks = 0
        self._tick_time_ms = 0
        self.commit()

    def see(self, event_time_ms: int, source: Position) -> None:
        """Take note of an event; an older one than the newest changes nothing."""
        if event_time_ms >= self.event_time_ms:
            self.event_time_ms = event_time_ms
            self.source = source

    def append(self, append_time_ms: int) -> None:
        """Take note of a record: whatever it is, the inputs are idle no more."""
        self._ticks = 0
        self.append_time_ms = max(self.append_time_ms, append_time_ms)

    def tick(self, idle_ms: int) -> int | None:
        """Event time of a tick, if one is due.

        Args:
            idle_ms: For how long all inputs have been read to their end.
        """
        ticks = idle_ms // self._tick_idle_ms
        due = ticks > self._ticks and self.event_time_ms > 0
        self._ticks = ticks
        time_ms = self.event_time_ms + idle_ms
        if not due or time_ms <= self._tick_time_ms:
            return None
        self._tick_time_ms = time_ms
        return time_ms

    def commit(self) -> None:
        """Where it stands now is where `undo` goes back to."""
        self._committed = (
            self.event_time_ms,
            self.source,
            self.append_time_ms,
            self._ticks,
            self._tick_time_ms,
        )

    def undo(self) -> None:
        """Back to the last commit."""
        (
            self.event_time_ms,
            self.source,
            self.append_time_ms,
            self._ticks,
            self._tick_time_ms,
        ) = self._committed
