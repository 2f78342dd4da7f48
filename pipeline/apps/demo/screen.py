"""Where the demo speaks: a live terminal, or plain lines."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live

from pipeline.apps.demo.snapshot import Snapshot
from pipeline.apps.demo.view import View, line
from pipeline.runtime.clock import Clock

LINE_MS = 5_000


class Screen:
    """Shows snapshots; a context manager.

    Args:
        console: Where.
        clock: Now.
        plain: Lines even on a terminal.
    """

    def __init__(self, console: Console, clock: Clock, *, plain: bool) -> None:
        self._console = console
        self._clock = clock
        self._live: Live | None = None
        if console.is_terminal and not plain:
            self._live = Live(console=console, auto_refresh=False)
        self._told_ms = clock.monotonic_ms()

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, snapshot: Snapshot) -> None:
        """Show how things stand; in plain lines, one each five seconds."""
        now_ms = self._clock.monotonic_ms()
        if self._live is not None:
            self._live.update(View(snapshot), refresh=True)
        elif now_ms - self._told_ms >= LINE_MS:
            self._told_ms = now_ms
            self.tell(line(snapshot))

    def tell(self, text: str) -> None:
        """A line that stays."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
