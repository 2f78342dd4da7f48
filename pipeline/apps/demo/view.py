"""A snapshot on a terminal, or in a plain line."""

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pipeline.apps.demo.snapshot import ShownList, Snapshot

LINES_BESIDE_LISTS = 17
FEWEST, MOST = 3, 10


class View:
    """What the terminal shows; it fits its lists into the height there is.

    Args:
        snapshot: What to show.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        shown = self._snapshot.shown
        room = console.height - LINES_BESIDE_LISTS
        each = max(FEWEST, min(MOST, room // max(1, len(shown))))
        yield Group(
            _head(self._snapshot),
            Text(),
            _workers(self._snapshot),
            Text(),
            *(_list(one, each) for one in shown),
        )


def _head(snapshot: Snapshot) -> RenderableType:
    bar = Table.grid(padding=(0, 2), expand=True)
    bar.add_column(no_wrap=True)
    bar.add_column(ratio=1)
    bar.add_column(no_wrap=True)
    bar.add_row(
        Text(snapshot.state, style="bold"),
        ProgressBar(total=snapshot.total, completed=snapshot.sent),
        f"{snapshot.sent:,} of {snapshot.total:,} events, {snapshot.elapsed_s:.0f} s",
    )
    speed = f"{snapshot.sent_per_s:,.0f} events/s, {snapshot.lists_per_s:,.0f} lists/s"
    facts = Table.grid(padding=(0, 2))
    facts.add_row("speed", f"{speed} ({snapshot.lists:,} lists so far)")
    facts.add_row("event to list", f"{snapshot.latency}, last 10 s")
    facts.add_row("live hit rate at 10", str(snapshot.quality))
    return Group(bar, facts)


def _workers(snapshot: Snapshot) -> RenderableType:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("worker")
    for name in ("units in/s", "units out/s", "units in", "lag"):
        table.add_column(name, justify="right", min_width=11)
    table.add_column("state")
    for worker in snapshot.workers:
        table.add_row(
            worker.name,
            f"{worker.in_per_s:,.0f}",
            f"{worker.out_per_s:,.0f}",
            f"{worker.units_in:,}",
            f"{worker.lag:,}",
            worker.state,
        )
    return table


def _list(shown: ShownList, most: int) -> RenderableType:
    about = f" ({shown.about})" if shown.about else ""
    after = f", {shown.after}" if shown.after else ""
    table = Table(
        box=None,
        pad_edge=False,
        show_header=False,
        title=Text.assemble((f"user {shown.user}", "bold"), about, after),
        title_justify="left",
        title_style="",
        expand=True,
    )
    table.add_column(justify="right", width=3)
    table.add_column(ratio=2, no_wrap=True, overflow="ellipsis")
    table.add_column(ratio=3, no_wrap=True, overflow="ellipsis", style="dim")
    for item in shown.items[:most]:
        table.add_row(str(item.rank), Text(item.title), Text(item.why))
    for _ in range(most - len(shown.items)):
        table.add_row("", "", "")
    return table


def line(snapshot: Snapshot) -> str:
    """The same in a line, for a log."""
    words = [
        f"{snapshot.elapsed_s:5.0f} s  {snapshot.state}",
        f"{snapshot.sent:,} of {snapshot.total:,} events",
        f"{snapshot.sent_per_s:,.0f} events/s, {snapshot.lists_per_s:,.0f} lists/s",
        f"event to list {snapshot.latency}",
        f"hit rate {snapshot.quality}",
        f"lag {snapshot.lag:,}",
    ]
    for shown in [one for one in snapshot.shown if one.items][:1]:
        titles = ", ".join(item.title for item in shown.items[:3])
        words.append(f"user {shown.user}: {titles}")
    return "; ".join(words)
