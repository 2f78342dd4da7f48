"""How fast: from an event to the list that reflects it, and counts per second."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WINDOW_MS = 10_000


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and 99th percentile of a number of times, milliseconds."""

    count: int
    p50_ms: int
    p99_ms: int

    def __str__(self) -> str:
        """Say it in a few words."""
        if not self.count:
            return "nothing measured yet"
        return f"p50 {self.p50_ms:,} ms, p99 {self.p99_ms:,} ms"


def spread(times_ms: Sequence[int]) -> Spread:
    """Median and 99th percentile, each the smallest time that so many are not above.

    >>> spread([30, 10, 20, 40])
    Spread(count=4, p50_ms=20, p99_ms=40)
    """
    ordered = sorted(times_ms)
    if not ordered:
        return Spread(0, 0, 0)
    last = len(ordered) - 1
    ranks = [min(last, -(-len(ordered) * share // 100) - 1) for share in (50, 99)]
    return Spread(len(ordered), ordered[ranks[0]], ordered[ranks[1]])


class Latency:
    """Time from each event to the first list that reflects it.

    A list names the user's newest event that it reflects; the earlier ones of the same
    user, which stand before it in the same partition, are in it, too.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[tuple[int, int]]] = defaultdict(deque)
        self._listed: dict[str, tuple[int, int]] = {}
        self._all: list[int] = []
        self._recent: deque[tuple[int, int]] = deque()

    def sent(self, user: str, offset: int, sent_ms: int) -> None:
        """An event stands at this offset; of one user in offset order."""
        newest, seen_ms = self._listed.get(user, (-1, 0))
        if offset <= newest:  # Its list was read before its delivery was reported.
            self._note(seen_ms, sent_ms)
        else:
            self._waiting[user].append((offset, sent_ms))

    def listed(self, user: str, offset: int, seen_ms: int) -> None:
        """A list was read that reflects the events up to this offset."""
        self._listed[user] = (offset, seen_ms)
        waiting = self._waiting[user]
        while waiting and waiting[0][0] <= offset:
            self._note(seen_ms, waiting.popleft()[1])

    def whole(self) -> Spread:
        """Since the beginning."""
        return spread(self._all)

    def recent(self, now_ms: int) -> Spread:
        """Of the last ten seconds."""
        while self._recent and self._recent[0][0] < now_ms - WINDOW_MS:
            self._recent.popleft()
        return spread([took for _, took in self._recent])

    @property
    def waiting(self) -> int:
        """Events that no list reflects yet."""
        return sum(map(len, self._waiting.values()))

    def _note(self, seen_ms: int, sent_ms: int) -> None:
        took = max(0, seen_ms - sent_ms)
        self._all.append(took)
        self._recent.append((seen_ms, took))


class Rates:
    """Counts per second, over the last seconds.

    >>> rates = Rates(window_ms=5_000)
    >>> rates.note(0, {"events": 0})
    >>> rates.note(2_000, {"events": 3_000})
    >>> rates.per_second("events"), rates.per_second("lists")
    (1500.0, 0.0)
    """

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._samples: deque[tuple[int, Mapping[str, int]]] = deque()

    def note(self, now_ms: int, counts: Mapping[str, int]) -> None:
        """Take a sample of counts that grow."""
        self._samples.append((now_ms, dict(counts)))
        while now_ms - self._samples[0][0] > self._window_ms:
            self._samples.popleft()

    def per_second(self, name: str) -> float:
        """How fast a count grows; one that was set back (a restart) stands still."""
        (first_ms, first), (last_ms, last) = self._samples[0], self._samples[-1]
        grown = last.get(name, 0) - first.get(name, 0)
        return (
            max(0, grown) * 1000 / (last_ms - first_ms) if last_ms > first_ms else 0.0
        )
