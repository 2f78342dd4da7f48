"""Rebuilding what tasks remember from their changelog, and keeping replicas.

The order matters: first the committed offset (stable), then the changelog's high
watermark as a read_uncommitted client sees it, then reading committed records until the
position is there. Never "last record + 1": control records lie behind it.
"""

from collections import defaultdict
from collections.abc import Sequence

from pipeline.runtime.clock import Clock
from pipeline.runtime.intake import read_public, rows
from pipeline.runtime.transport import LogReader, Raw
from pipeline.stage import Replica, Row, Stage
from topics.dead_letters import InvalidRecord
from topics.partitioning import partition_of
from topics.spec import TopicSpec

POLL_RECORDS = 5_000


class Recovery:
    """Restores tasks from a changelog, several at a time, a poll at a time.

    Args:
        reader: Of the changelog.
        spec: The changelog.
        whole: Number of its partitions if a task needs all of them, else None.
    """

    def __init__(self, reader: LogReader, spec: TopicSpec, whole: int | None) -> None:
        self._reader = reader
        self._spec = spec
        self._whole = whole
        self._tasks: dict[int, Stage] = {}
        self._ends: dict[int, int] = {}
        self.rows = 0

    def begin(self, tasks: dict[int, Stage]) -> None:
        """Restore these tasks, by partition, and no others; their offsets are known.

        Raises:
            Indefinite: the ends are not known; nothing is being restored then.
        """
        self._reader.release(list(self._ends))
        self._ends, self._tasks = {}, {}
        if tasks:
            partitions = range(self._whole) if self._whole else sorted(tasks)
            self._ends = self._reader.assign(list(partitions))
            self._tasks = dict(tasks)

    def remaining(self) -> int:
        """Records still to be read, about."""
        return sum(
            max(0, end - self._reader.position(p)) for p, end in self._ends.items()
        )

    def step(self, timeout_ms: int) -> list[int]:
        """Read some; partitions of the tasks that are now restored."""
        if not self._tasks:
            return []
        if self.remaining():
            polled = self._reader.poll(timeout_ms, POLL_RECORDS)
            for raw in newest(self._spec, polled):
                self._restore(raw)
        done = [p for p in self._tasks if self._is_done(p)]
        for partition in done:
            del self._tasks[partition]
            self._release(partition)
        return done

    def close(self) -> None:
        """Free the reader."""
        self._reader.close()

    def _restore(self, raw: Raw) -> None:
        task = self._tasks[0] if self._whole else self._tasks[raw.partition]
        for row in rows(self._spec, raw):
            task.restore(row)
            self.rows += 1

    def _is_done(self, partition: int) -> bool:
        wanted = self._ends if self._whole else [partition]
        return all(self._reader.position(p) >= self._ends[p] for p in wanted)

    def _release(self, partition: int) -> None:
        gone = list(self._ends) if self._whole else [partition]
        self._reader.release(gone)
        for p in gone:
            self._ends.pop(p, None)


class ReplicaReader:
    """Keeps a replica of a whole topic up to date.

    Args:
        reader: Of the topic.
        spec: The topic.
        partitions: How many it has.
        replica: Takes the rows.
        clock: Now.
        interval_ms: At least this long between two polls: a row that changes often is
            then taken once, and the worker's own inputs do not wait for it.
    """

    def __init__(
        self,
        reader: LogReader,
        spec: TopicSpec,
        partitions: int,
        replica: Replica,
        *,
        clock: Clock,
        interval_ms: int,
    ) -> None:
        self._reader = reader
        self._spec = spec
        self._partitions = partitions
        self._replica = replica
        self._clock = clock
        self._interval_ms = interval_ms
        self._read_ms = 0
        self._ends: dict[int, int] | None = None
        self.rows = 0

    @property
    def ready(self) -> bool:
        """Whether all that was there at the beginning has been read."""
        return self._ends == {}

    def remaining(self) -> int:
        """Records still to be read before it is ready."""
        return sum(
            max(0, end - self._reader.position(p))
            for p, end in (self._ends or {}).items()
        )

    def step(self, timeout_ms: int) -> None:
        """Read what is there; once it is ready, at its interval."""
        now_ms = self._clock.monotonic_ms()
        if self.ready and now_ms - self._read_ms < self._interval_ms:
            return
        self._read_ms = now_ms
        if self._ends is None:
            self._ends = self._reader.assign(range(self._partitions))
        for raw in newest(self._spec, self._reader.poll(timeout_ms, POLL_RECORDS)):
            for row in self._rows(raw):
                self._replica.apply(row)
                self.rows += 1
        self._ends = {
            p: end for p, end in self._ends.items() if self._reader.position(p) < end
        }

    def close(self) -> None:
        """Free the reader."""
        self._reader.close()

    def _rows(self, raw: Raw) -> Sequence[Row]:
        """Rows of a record; what another worker forwards or refuses is passed over."""
        if not self._spec.public:
            return rows(self._spec, raw)
        try:
            key, record = read_public(self._spec, raw)
        except InvalidRecord:
            return ()
        if raw.key is None or partition_of(key, self._partitions) != raw.partition:
            return ()
        return (Row(key, record),)


def newest(spec: TopicSpec, raws: Sequence[Raw]) -> Sequence[Raw]:
    """Of each key the last record: an older row's value is of no use any more.

    Not of the application's topics: there the last one may be unreadable.
    """
    if spec.public or not spec.compacted:
        return raws
    found: dict[bytes | None, Raw] = {}
    for raw in raws:
        found.pop(raw.key, None)
        found[raw.key] = raw
    return list(found.values())


def by_partition(raws: Sequence[Raw]) -> dict[int, list[Raw]]:
    """Records of a poll by partition, each partition's merged by append time.

    The order within a topic is kept; over topics it is that of the append time, so that
    a user's attributes come before the events that followed them.
    """
    found: dict[int, list[Raw]] = defaultdict(list)
    for raw in raws:
        found[raw.partition].append(raw)
    for partition, records in found.items():
        latest: dict[str, int] = {}
        keyed = []
        for raw in records:
            # A clock set back does not change the order within a topic.
            time_ms = max(raw.append_time_ms, latest.get(raw.topic, 0))
            latest[raw.topic] = time_ms
            keyed.append((time_ms, raw))
        found[partition] = [raw for _, raw in sorted(keyed, key=lambda pair: pair[0])]
    return found
