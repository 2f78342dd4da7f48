"""How far event time has come."""


class Watermark:
    """Event time before which no more records are expected; never goes back.

    Args:
        lateness_ms: How much older than the newest a record may be, event time.

    >>> watermark = Watermark(lateness_ms=10)
    >>> watermark.advance(100), watermark.advance(95), watermark.time_ms
    (True, False, 90)
    """

    __slots__ = ("_committed_ms", "_lateness_ms", "time_ms")

    def __init__(self, lateness_ms: int) -> None:
        self._lateness_ms = lateness_ms
        self._committed_ms = 0
        self.time_ms = 0

    @property
    def touched(self) -> bool:
        """Whether it has moved since the last commit."""
        return self.time_ms != self._committed_ms

    def advance(self, event_time_ms: int) -> bool:
        """Note the time of a record; says whether the watermark has moved."""
        time_ms = event_time_ms - self._lateness_ms
        if time_ms <= self.time_ms:
            return False
        self.time_ms = time_ms
        return True

    def load(self, time_ms: int) -> None:
        """Take up a watermark that was committed."""
        self.time_ms = self._committed_ms = max(time_ms, self.time_ms)

    def commit(self) -> None:
        """Where it stands now is where `undo` goes back to."""
        self._committed_ms = self.time_ms

    def undo(self) -> None:
        """Back to the last commit."""
        self.time_ms = self._committed_ms
