"""What is said at the end."""

from collections.abc import Sequence

from pipeline.apps.demo.board import Board
from pipeline.apps.demo.law import Check
from pipeline.apps.demo.listener import Listener
from pipeline.apps.manifest import Manifest
from pipeline.apps.quality import Quality, quality_of
from pipeline.apps.scrape import Figures
from topics import EVENTS

ITEM = "50"
"""A film that many have seen: a good beginning."""


def summary(
    manifest: Manifest, listener: Listener, board: Board, seconds: float
) -> list[str]:
    """The run in a few lines."""
    events = manifest.total(EVENTS.name)
    rate = events / seconds if seconds else 0.0
    return [
        f"events       {events:,} acknowledged in {seconds:.0f} s ({rate:,.0f}/s)",
        f"lists        {listener.lists:,} read, of {len(listener.users):,} users",
        f"event->list  {board.latency.whole()}; {_reflected(board, events)}",
        *_quality(quality_of(board.figures)),
        *_workers(board.figures),
    ]


def _quality(quality: Quality) -> list[str]:
    """Live quality: the first 10 of each list count."""
    return [f"{what:<18}{said}" for what, said in quality.lines()]


def _reflected(board: Board, events: int) -> str:
    waiting = board.latency.waiting
    if not waiting:
        return "each event is reflected in a list"
    return f"{waiting:,} of {events:,} events are reflected in no list"


def _workers(figures: Sequence[Figures]) -> list[str]:
    lines = []
    for each in figures:
        wrote = ", ".join(f"{n:,} {topic}" for topic, n in sorted(each.outputs.items()))
        lines.append(
            f"{each.name:<15}{each.units_in:,} units in, wrote {wrote or 'rows only'}"
        )
    return lines


def verdict(checks: Sequence[Check]) -> list[str]:
    """The conservation law, statement by statement."""
    broken = sum(not check.holds for check in checks)
    end = f"{broken} of {len(checks)} are BROKEN" if broken else "nothing lost"
    return ["conservation law:", *(f"  {check}" for check in checks), f"  {end}"]


def how_to_go_on(kairec: str, environment: str, *, kept: bool) -> list[str]:
    """Two lines that show how to send an event of one's own, and read the list.

    Args:
        kairec: How the command is called.
        environment: What is to be set before it.
        kept: Whether everything still runs.
    """
    before = (
        "All of it stays up until Ctrl-C. In another terminal:"
        if kept
        else f"All of it is gone now. `{kairec} demo --keep` stays up; then, beside it:"
    )
    return [
        before,
        f"  {environment}{kairec} send --user me --item {ITEM} --type like",
        f"  {environment}{kairec} watch me --once",
    ]
