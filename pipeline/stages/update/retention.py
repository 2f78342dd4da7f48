"""Which ids have to go: those untouched for too long, and the oldest of too many."""

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace
from math import inf

from pipeline.stages.update.entries import Entry, Kind
from topics.spec import DAY_MS

Due = tuple[float, int]
"""Event time at which an id is to go, and when it was touched last."""


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    """Bounds of what a row task keeps.

    Args:
        rows: At most so many rows in a partition; items of the catalogue go last.
        counters: At most so many counters in a partition, and as many deleted items.
        expiry_ms: How long a row that is not of the catalogue, or a counter, is kept
            without being touched, event time.
        lateness_ms: How long a deleted item is remembered, event time.
    """

    rows: int = 500_000
    counters: int = 250_000
    expiry_ms: int = 90 * DAY_MS
    lateness_ms: int = DAY_MS

    def due(self, entry: Entry) -> Due:
        """When an entry is to go; items of the catalogue stay."""
        if entry.kind is Kind.DELETED:
            return entry.deleted_at_ms + self.lateness_ms, entry.touched_ms
        if entry.known:
            return inf, entry.touched_ms
        return entry.touched_ms + self.expiry_ms, entry.touched_ms

    def most(self, kind: Kind) -> int:
        """How many of a kind may be kept."""
        return self.rows if kind is Kind.ROW else self.counters


class Retention:
    """The ids of each kind in the order in which they are to go.

    An entry that is touched goes later; that is looked up when its turn comes, so that
    touching costs nothing. One that is to go earlier has to be noted again.

    Args:
        config: The bounds.
        entries: All entries by id.
    """

    def __init__(self, config: RetentionConfig, entries: Mapping[str, Entry]) -> None:
        self._config = config
        self._entries = entries
        self._heaps: dict[Kind, list[tuple[Due, str]]] = {kind: [] for kind in Kind}
        self._noted: dict[Kind, dict[str, Due]] = {kind: {} for kind in Kind}
        self._soonest_ms = inf  # nothing is to go before

    def note(self, item: str) -> None:
        """An entry is new, has another kind, or went back in time."""
        entry = self._entries[item]
        due = self._config.due(entry)
        noted = self._noted[entry.kind]
        if item not in noted or due < noted[item]:
            noted[item] = due
            heappush(self._heaps[entry.kind], (due, item))
            self._soonest_ms = min(self._soonest_ms, due[0])

    def overdue(self, watermark_ms: int) -> str | None:
        """An id whose time is over, or None."""
        if self._soonest_ms >= watermark_ms:
            return None
        soonest_ms = inf
        for kind, heap in self._heaps.items():
            first = self.first(kind)
            if first is not None and heap[0][0][0] < watermark_ms:
                return first
            soonest_ms = min(soonest_ms, heap[0][0][0] if heap else inf)
        self._soonest_ms = soonest_ms
        return None

    def first(self, kind: Kind) -> str | None:
        """The id of a kind that is to go first, or None."""
        heap, noted = self._heaps[kind], self._noted[kind]
        while heap:
            due, item = heap[0]
            entry = self._entries.get(item)
            if noted.get(item) != due:
                heappop(heap)
            elif entry is None or entry.kind is not kind:
                heappop(heap)
                del noted[item]
            elif (now := self._config.due(entry)) != due:
                noted[item] = now
                heapreplace(heap, (now, item))
            else:
                return item
        return None
