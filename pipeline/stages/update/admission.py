"""Which ids of a partition are given a row, and which have to make room."""

from pipeline.stages.update.entries import Entry, Kind
from pipeline.stages.update.retention import Retention, RetentionConfig
from pipeline.stages.update.row_table import RowTable


class Admission:
    """Lets ids in, and lets them go.

    Args:
        least: An id that the catalogue does not have gets a row with so many
            interactions, where there is no room; before that it is a counter.
        room: With fewer rows than this it gets one with its first interaction.
        config: How much is kept, and for how long.
        table: The rows.
    """

    def __init__(
        self, least: int, room: int, config: RetentionConfig, table: RowTable
    ) -> None:
        self._least = least
        self._room = room
        self._config = config
        self._table = table
        self._retention = Retention(config, table.entries)

    def note(self, item: str) -> None:
        """An id that is there was restored, or went back in time."""
        self._retention.note(item)

    def count(self, item: str, entry: Entry | None, now_ms: int) -> Entry | None:
        """Count an interaction with an id that has no row; gives the row it has now."""
        seen = 1 if entry is None else entry.seen + 1
        admitted = seen >= self._least or self._table.sizes[Kind.ROW] < self._room
        kind = Kind.ROW if admitted else Kind.COUNTER
        entry = self.put(item, Entry(kind, seen=seen), now_ms)
        return entry if admitted else None

    def put(self, item: str, entry: Entry, now_ms: int) -> Entry:
        """Make an id something new; of too many, the oldest goes first."""
        self._table.remove(item)
        most = self._config.most(entry.kind)
        while self._table.sizes[entry.kind] >= most:
            first = self._retention.first(entry.kind)
            if first is None:
                break
            self._table.remove(first)
        entry.touched_ms = now_ms
        self._table.insert(item, entry)
        self._retention.note(item)
        return entry

    def expire(self, now_ms: int) -> None:
        """Let go of what was not touched for too long, by event time."""
        while (item := self._retention.overdue(now_ms)) is not None:
            self._table.remove(item)
