"""Keeping a replica of a whole topic up to date."""

from collections.abc import Callable, Sequence

from pipeline.runtime.clock import Clock
from pipeline.runtime.intake import hand, read_public, row_reader
from pipeline.runtime.limits import Limits
from pipeline.runtime.newest import Newest
from pipeline.runtime.recovery import POLL_RECORDS
from pipeline.runtime.transport import LogReader, Raw
from pipeline.stage import Replica, Row
from topics.dead_letters import InvalidRecord
from topics.partitioning import partition_of
from topics.spec import TopicSpec

SHARE = 0.4
"""Of the time, for the rows of a replica while there is other work."""
SETTLED_MS = 10_000
"""What was read so long ago cannot wait for a pack that is still to be read."""


class ReplicaReader:
    """Keeps a replica of a whole topic up to date, beside the worker's own work.

    A row that changes often is taken once a while, with its newest value; and while
    there is work to do no more than a share of the time goes into rows, in turn: the
    model may lag, what a user just did may not.

    Args:
        reader: Of the topic.
        spec: The topic.
        partitions: How many it has.
        replica: Takes the rows.
        clock: Now.
        limits: How long between two polls, and how long at least rows are taken.
        waits: Rows are held back until `advance` says how far they may go.
    """

    def __init__(
        self,
        reader: LogReader,
        spec: TopicSpec,
        partitions: int,
        replica: Replica,
        *,
        clock: Clock,
        limits: Limits,
        waits: bool = False,
    ) -> None:
        self._reader = reader
        self._spec = spec
        self._read = row_reader(spec)
        self._partitions = partitions
        self._replica = replica
        self._clock = clock
        self._limits = limits
        self._polled_ms = self._left_ms = 0
        self._waits = waits
        self._held: list[tuple[int, Raw]] = []
        self._pending = Newest(spec)
        self._ends: dict[int, int] | None = None
        self.rows = 0

    @property
    def ready(self) -> bool:
        """Whether all that was there at the beginning has been taken."""
        return self._ends == {}

    def remaining(self) -> int:
        """Records still to be read before it is ready."""
        return sum(
            max(0, end - self._reader.position(p))
            for p, end in (self._ends or {}).items()
        )

    def position(self, partition: int) -> int:
        """Next offset to read."""
        return self._reader.position(partition)

    @property
    def pending(self) -> int:
        """Rows that were read and are still to be taken; held back ones apart."""
        return len(self._pending)

    @property
    def lag(self) -> int:
        """Records that it does not reflect, though it may: unread ones, and rows."""
        return self._reader.behind() + self.pending

    def step(self, timeout_ms: int, idle: bool) -> None:
        """Read what is there, if it is time, and take rows for a share of the time.

        At the beginning they are held back, as far as memory allows, and then taken
        all: most have been written again since.

        Args:
            timeout_ms: How long to wait for records.
            idle: Whether all inputs are read to their end.
        """
        began_ms = self._clock.monotonic_ms()
        was_ready = self.ready
        if not was_ready or began_ms - self._polled_ms >= self._limits.replica_ms:
            self._polled_ms = began_ms
            self._poll(timeout_ms)
            if idle:
                settled_ms = began_ms - SETTLED_MS
                self._release(lambda read_ms, _: read_ms <= settled_ms)
        if was_ready:
            self._take_some(began_ms)
        elif self.ready or self._pending.full:
            for raw in self._pending.take():
                self._take(raw)
            self._left_ms = self._clock.monotonic_ms()

    def advance(self, before_ms: int) -> None:
        """Take rows that were appended before a time, for a share of the time."""
        self._release(lambda _, raw: raw.append_time_ms < before_ms)
        if self._pending:
            self._take_some(self._clock.monotonic_ms())

    def _release(self, may_go: Callable[[int, Raw], bool]) -> None:
        """Let rows go on that may, by when they were read and what they are."""
        held, self._held = self._held, []
        for read_ms, raw in held:
            if may_go(read_ms, raw):
                self._pending.hold(raw)
            else:
                self._held.append((read_ms, raw))

    def _take_some(self, began_ms: int) -> None:
        budget_ms = max(
            self._limits.replica_least_ms, SHARE * (began_ms - self._left_ms)
        )
        for raw in self._pending.take():
            self._take(raw)
            if self._clock.monotonic_ms() - began_ms > budget_ms:
                break
        self._left_ms = self._clock.monotonic_ms()

    def _poll(self, timeout_ms: int) -> None:
        if self._ends is None:
            self._ends = self._reader.assign(range(self._partitions))
        hold = self._waits and self.ready
        for raw in self._reader.poll(timeout_ms, POLL_RECORDS):
            if hold:
                self._held.append((self._polled_ms, raw))
            else:
                self._pending.hold(raw)
        self._ends = {
            p: end for p, end in self._ends.items() if self._reader.position(p) < end
        }

    def close(self) -> None:
        """Free the reader."""
        self._reader.close()

    def _take(self, raw: Raw) -> None:
        self.rows += hand(raw, self._rows(raw), self._replica.apply)

    def _rows(self, raw: Raw) -> Sequence[Row]:
        """Rows of a record; what another worker forwards or refuses is passed over."""
        if not self._spec.public:
            return self._read(raw)
        try:
            key, record = read_public(self._spec, raw)
        except InvalidRecord:
            return ()
        if raw.key is None or partition_of(key, self._partitions) != raw.partition:
            return ()
        return (Row(key, record),)
