"""What is going on, put together from all who know: sender, listener, workers."""

from collections.abc import Callable, Sequence

from pipeline.apps.demo.listener import Listener
from pipeline.apps.demo.meter import Latency, Rates
from pipeline.apps.demo.sender import Sender
from pipeline.apps.demo.show import Words
from pipeline.apps.demo.snapshot import ShownList, Snapshot, WorkerLine
from pipeline.apps.demo.watchlist import Following
from pipeline.apps.quality import quality_of
from pipeline.apps.scrape import Figures
from pipeline.runtime.clock import Clock

ASK_MS = 1_000
WINDOW_MS = 5_000


class Board:
    """Collects figures and makes snapshots of them.

    Args:
        clock: Now.
        sender: Of the events.
        listener: To the lists.
        words: For lists.
        users: Whose lists are shown.
        total: How many events there are.
        following: Whether to show a user who is active, too.
    """

    def __init__(
        self,
        clock: Clock,
        sender: Sender,
        listener: Listener,
        words: Words,
        users: Sequence[str],
        *,
        total: int,
        following: bool,
    ) -> None:
        self._clock = clock
        self._sender = sender
        self._listener = listener
        self._words = words
        self._users = tuple(users)
        self._total = total
        self._following = Following() if following else None
        self._rates = Rates(WINDOW_MS)
        self._began_ms = clock.monotonic_ms()
        self._asked_ms = -ASK_MS
        self.latency = Latency()
        self.figures: list[Figures] = []

    def look(self, ask: Callable[[], list[Figures]]) -> None:
        """Take in what is new.

        Args:
            ask: Asks the workers; called once a second.
        """
        now_ms = self._clock.monotonic_ms()
        while self._sender.delivered:
            self.latency.sent(*self._sender.delivered.popleft())
        while self._listener.seen:
            self.latency.listed(*self._listener.seen.popleft())
        if now_ms - self._asked_ms >= ASK_MS:
            self._asked_ms = now_ms
            self.figures = ask()
        counts = {"sent": self._sender.handed_over, "lists": self._listener.lists}
        for each in self.figures:
            counts[f"{each.name} in"] = each.units_in
            counts[f"{each.name} out"] = each.outputs.total()
        self._rates.note(now_ms, counts)

    def snapshot(self, state: str) -> Snapshot:
        """Everything as of now."""
        now_ms = self._clock.monotonic_ms()
        return Snapshot(
            elapsed_s=(now_ms - self._began_ms) / 1000,
            sent=self._sender.handed_over,
            total=self._total,
            sent_per_s=self._rates.per_second("sent"),
            lists=self._listener.lists,
            lists_per_s=self._rates.per_second("lists"),
            latency=self.latency.recent(now_ms),
            quality=quality_of(self.figures),
            workers=[self._line(each) for each in self.figures],
            shown=self._shown(now_ms),
            state=state,
        )

    def _line(self, figures: Figures) -> WorkerLine:
        return WorkerLine(
            figures.name,
            self._rates.per_second(f"{figures.name} in"),
            self._rates.per_second(f"{figures.name} out"),
            figures.units_in,
            figures.lag,
            figures.wrong or "ready",
        )

    def _shown(self, now_ms: int) -> list[ShownList]:
        users = list(self._users)
        newest = self._listener.newest
        if self._following is not None and newest is not None:
            user = (newest.key or b"").decode()
            followed = self._following.see(user, now_ms)
            if followed not in users:
                users.append(followed)
            if followed == user:
                self._listener.watched[user] = newest
        self._listener.watching = frozenset(users)
        watched = self._listener.watched
        return [
            self._words.show(watched[user])
            if user in watched
            else self._words.empty(user)
            for user in users
        ]


def moved(before: Sequence[Figures], now: Sequence[Figures]) -> bool:
    """Whether a worker has read, written or been started between two looks."""

    def counts(figures: Sequence[Figures]) -> list[tuple[int, int, int]]:
        return [(f.presence.pid, f.units_in, f.outputs.total()) for f in figures]

    return counts(before) != counts(now)


def settled(figures: Sequence[Figures]) -> bool:
    """Whether all work, and nothing waits to be read."""
    return bool(figures) and not any(f.lag or f.wrong for f in figures)
