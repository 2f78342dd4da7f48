"""Now, as an object that tests turn by hand."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where the runtime asks for time."""

    def now_ms(self) -> int:
        """Milliseconds UTC."""

    def monotonic_ms(self) -> int:
        """Milliseconds since some moment; never goes back."""

    def sleep_ms(self, milliseconds: int) -> None:
        """Let so much time pass."""


class SystemClock:
    """The machine's."""

    def now_ms(self) -> int:
        """Milliseconds UTC."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """Milliseconds since some moment."""
        return time.monotonic_ns() // 1_000_000

    def sleep_ms(self, milliseconds: int) -> None:
        """Wait."""
        time.sleep(milliseconds / 1000)


class ManualClock:
    """Stands still until it is advanced."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Milliseconds UTC."""
        return self._now_ms

    def monotonic_ms(self) -> int:
        """The same."""
        return self._now_ms

    def sleep_ms(self, milliseconds: int) -> None:
        """Turn the clock on."""
        self._now_ms += milliseconds
