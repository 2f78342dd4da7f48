"""How far long work is: a bar on a terminal, else a line now and then."""

from collections.abc import Callable
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pipeline.cli.terminal import say
from pipeline.runtime.clock import Clock

LINE_MS = 5_000
LOOK_MS = 100
Where = Callable[[], tuple[int, int]]
"""How much is done of how much; the latter is 0 when nobody knows."""


class SendProgress:
    """Counts records and shows how far they are; a context manager.

    Args:
        clock: Now.
        where: Asked ten times a second.
    """

    def __init__(self, clock: Clock, where: Where) -> None:
        self._clock = clock
        self._where = where
        self.records = 0
        self._began_ms = self._looked_ms = self._told_ms = clock.monotonic_ms()
        self._bar = Progress(
            TextColumn("sending"),
            BarColumn(),
            TextColumn("{task.fields[text]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task("sending", total=None, text="")

    def __enter__(self) -> Self:
        if self._bar.console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar.console.is_terminal:
            self._show()
            self._bar.stop()

    def __call__(self) -> None:
        """One more record is handed over."""
        self.records += 1
        now_ms = self._clock.monotonic_ms()
        if now_ms - self._looked_ms >= LOOK_MS:
            self._looked_ms = now_ms
            self._show()

    def _show(self) -> None:
        now_ms = self._clock.monotonic_ms()
        done, total = self._where()
        per_second = self.records * 1000 / max(1, now_ms - self._began_ms)
        text = f"{self.records:,} records, {per_second:,.0f}/s"
        if self._bar.console.is_terminal:
            self._bar.update(self._task, completed=done, total=total or None, text=text)
        elif now_ms - self._told_ms >= LINE_MS:
            self._told_ms = now_ms
            say(f"sending: {text}" + (f", {done / total:.0%}" if total else ""))
