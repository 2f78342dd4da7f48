"""Ends a process whose loop stands still: a stuck call is worse than a restart."""

import faulthandler
import os
import threading

from pipeline.runtime.clock import Clock

EXIT_CODE = 70


class Watchdog:
    """Dumps all stacks and exits with code 70 when the loop has not beaten for long.

    Args:
        clock: Monotonic time.
        limit_ms: Longer than any call of the loop may take.
    """

    def __init__(self, clock: Clock, limit_ms: int) -> None:
        self._clock = clock
        self._limit_ms = limit_ms
        self._last_ms = clock.monotonic_ms()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self.beat()
        self._thread.start()

    def beat(self) -> None:
        """The loop goes round."""
        self._last_ms = self._clock.monotonic_ms()

    def still_ms(self) -> int:
        """For how long the loop has not beaten."""
        return self._clock.monotonic_ms() - self._last_ms

    def stop(self) -> None:
        """Watch no more."""
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(self._limit_ms / 10_000):
            if self.still_ms() > self._limit_ms:
                faulthandler.dump_traceback(all_threads=True)
                os._exit(EXIT_CODE)
