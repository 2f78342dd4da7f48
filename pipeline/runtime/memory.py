"""A log in memory that keeps the same promises: offsets, transactions, groups.

It is the twin of `runtime.kafka` for tests and evaluation: the same worker loop runs on
both. Transactions leave a control record behind, so that offsets have the same holes; a
reader sees nothing beyond the first open transaction.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.runtime.clock import Clock
from pipeline.runtime.faults import BadTopics, Fenced, Indefinite
from pipeline.runtime.transport import Offsets, Raw, Send

State = Literal["open", "committed", "aborted", "control"]


@dataclass(slots=True)
class _Entry:
    raw: Raw
    state: State
    owner: str = ""


@dataclass(slots=True)
class _Group:
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    members: list["MemorySource"] = field(default_factory=list)
    generation: int = 0


class MemoryLog:
    """Topics, groups and transactions of one make-believe cluster.

    Args:
        partitions: Number of partitions by short name of the topic.
        clock: Gives the append time.
    """

    def __init__(self, partitions: Mapping[str, int], clock: Clock) -> None:
        self.partitions = dict(partitions)
        self.groups: dict[str, _Group] = defaultdict(_Group)
        self.epochs: dict[str, int] = defaultdict(int)
        self._clock = clock
        self._logs: dict[tuple[str, int], list[_Entry]] = defaultdict(list)

    def append(self, record: Send, owner: str = "") -> Raw:
        """Append a record; within a transaction if an owner is named."""
        log = self._logs[record.topic, record.partition]
        raw = Raw(
            record.topic,
            record.partition,
            len(log),
            self._clock.now_ms(),
            record.key,
            record.value,
            record.headers,
        )
        log.append(_Entry(raw, "open" if owner else "committed", owner))
        return raw

    def end(self, owner: str, state: Literal["committed", "aborted"]) -> None:
        """End the open transaction of an owner, with a control record each."""
        for (topic, partition), log in self._logs.items():
            mine = [e for e in log if e.state == "open" and e.owner == owner]
            for entry in mine:
                entry.state = state
            if mine:
                raw = Raw(topic, partition, len(log), 0, None, None, ())
                log.append(_Entry(raw, "control"))

    def high_watermark(self, topic: str, partition: int) -> int:
        """Offset after the last record, open transactions included."""
        return len(self._logs[topic, partition])

    def read(self, topic: str, partition: int, offset: int) -> tuple[list[Raw], int]:
        """Committed records from an offset on, and the next offset to read."""
        found: list[Raw] = []
        log = self._logs[topic, partition]
        while offset < len(log) and log[offset].state != "open":
            if log[offset].state == "committed":
                found.append(log[offset].raw)
            offset += 1
        return found, offset

    def committed(self, topic: str) -> list[Raw]:
        """All committed records of a topic, partition by partition."""
        return [
            raw
            for partition in range(self.partitions[topic.removesuffix(".dlq")])
            for raw in self.read(topic, partition, 0)[0]
        ]


class MemorySource:
    """A member of a group of a `MemoryLog`; Range assignment, eager."""

    def __init__(self, log: MemoryLog, group: str, topics: Sequence[str]) -> None:
        self._log = log
        self._group = log.groups[group]
        self._topics = sorted(topics)
        self._positions: dict[tuple[str, int], int] = {}
        self._paused: set[int] = set()
        self._assigned: frozenset[int] = frozenset()
        self._generation = -1
        self.rebalances = 0
        self._group.members.append(self)
        self._rebalance()

    @property
    def joined(self) -> bool:
        """Whether the assignment is that of the newest generation."""
        return self._generation == self._group.generation

    def _rebalance(self) -> None:
        self._group.generation += 1

    def _join(self) -> None:
        count = self._log.partitions[self._topics[0]]
        members = len(self._group.members)
        at = self._group.members.index(self)
        share, more = divmod(count, members)
        first = at * share + min(at, more)
        self._assigned = frozenset(range(first, first + share + (at < more)))
        self._generation = self._group.generation
        self._positions = {
            k: v for k, v in self._positions.items() if k[1] in self._assigned
        }
        self._paused &= self._assigned
        self.rebalances += 1

    def poll(self, timeout_ms: int, max_records: int) -> list[Raw]:
        """Read what comes next; joins first."""
        if not self.joined:
            self._join()
            return []
        found: list[Raw] = []
        for (topic, partition), offset in sorted(self._positions.items()):
            if partition in self._paused or len(found) >= max_records:
                continue
            records, after = self._log.read(topic, partition, offset)
            room = max_records - len(found)
            if len(records) > room:
                records, after = records[:room], records[room].offset
            self._positions[topic, partition] = after
            found += records
        return found

    def assignment(self) -> frozenset[int]:
        """Partitions assigned now."""
        return self._assigned

    def membership(self) -> object:
        """The generation."""
        return self._generation

    def committed(
        self, partitions: Collection[int]
    ) -> dict[tuple[str, int], int | None]:
        """Committed offsets."""
        return {
            (t, p): self._group.offsets.get((t, p))
            for p in partitions
            for t in self._topics
        }

    def positions(self, partitions: Collection[int]) -> dict[tuple[str, int], int]:
        """Next offsets to read."""
        return {k: v for k, v in self._positions.items() if k[1] in partitions}

    def seek(self, topic: str, partition: int, offset: int | None) -> None:
        """Go to an offset."""
        self._positions[topic, partition] = offset or 0

    def pause(self, partitions: Collection[int]) -> None:
        """Give no records of these."""
        self._paused |= set(partitions)

    def resume(self, partitions: Collection[int]) -> None:
        """Give records of these again."""
        self._paused -= set(partitions)

    def behind(self) -> int:
        """Offsets not yet read."""
        return sum(
            self._log.high_watermark(t, p) - at
            for (t, p), at in self._positions.items()
        )

    def close(self) -> None:
        """Leave the group."""
        if self in self._group.members:
            self._group.members.remove(self)
            self._rebalance()


class MemoryReader:
    """Reads partitions of one topic of a `MemoryLog`."""

    def __init__(self, log: MemoryLog, topic: str) -> None:
        self._log = log
        self._topic = topic
        self._positions: dict[int, int] = {}

    def assign(self, partitions: Collection[int]) -> dict[int, int]:
        """Read these too."""
        self._positions |= dict.fromkeys(partitions, 0)
        return {p: self._log.high_watermark(self._topic, p) for p in partitions}

    def release(self, partitions: Collection[int]) -> None:
        """Read these no more."""
        for partition in partitions:
            self._positions.pop(partition, None)

    def poll(self, timeout_ms: int, max_records: int) -> list[Raw]:
        """Read what comes next."""
        found: list[Raw] = []
        for partition, offset in sorted(self._positions.items()):
            records, after = self._log.read(self._topic, partition, offset)
            self._positions[partition] = after
            found += records
        return found

    def position(self, partition: int) -> int:
        """Next offset to read."""
        return self._positions[partition]

    def close(self) -> None:
        """Nothing to free."""


class MemorySink:
    """A transactional producer of a `MemoryLog`.

    Args:
        log: Where to.
        transactional_id: Fences an older sink of the same id.
        break_at: Called with the name of each step before and after it; may raise
            `Indefinite`, as a network does.
    """

    def __init__(
        self, log: MemoryLog, transactional_id: str, break_at: Callable[[str], None]
    ) -> None:
        self._log = log
        self._id = transactional_id
        self._break_at = break_at
        self._epoch = -1
        self._offsets: tuple[str, dict[tuple[str, int], int], int] | None = None
        self._group = transactional_id.rsplit(".", 1)[0]

    def begin(self) -> None:
        """Begin a transaction."""
        self._check()
        self._offsets = None

    def send(self, record: Send) -> None:
        """Append, invisible until the commit."""
        self._check()
        self._log.append(record, self._id)

    def flush(self) -> None:
        """Nothing is in flight in memory."""
        self._break_at("flush")

    def send_offsets(self, offsets: Offsets, membership: object) -> None:
        """Keep them for the commit."""
        self._check()
        if not isinstance(membership, int) or membership < 0:
            raise Indefinite("not a member of the group any more")
        self._offsets = (self._group, dict(offsets), membership)
        self._break_at("offsets")

    def commit(self) -> None:
        """Make all of it visible at once."""
        self._check()
        self._break_at("before_commit")
        if self._offsets is not None:
            group, offsets, generation = self._offsets
            if self._log.groups[group].generation != generation:
                raise Indefinite("a rebalance is in progress")
            self._log.groups[group].offsets |= offsets
        self._log.end(self._id, "committed")
        self._break_at("after_commit")

    def reset(self) -> None:
        """Fence the older sink and abort what it left open."""
        self._log.epochs[self._id] += 1
        self._epoch = self._log.epochs[self._id]
        self._log.end(self._id, "aborted")

    def close(self) -> None:
        """Nothing to free."""

    def _check(self) -> None:
        if self._log.epochs[self._id] != self._epoch:
            raise Fenced(f"another worker has the transactional id {self._id}")


@dataclass(slots=True)
class MemoryTransport:
    """The protocol of `runtime.transport` over a `MemoryLog`.

    Args:
        log: The cluster.
        ordinal: As on Kafka.
        break_at: Of the sink.
    """

    log: MemoryLog
    ordinal: int = 0
    break_at: Callable[[str], None] = lambda step: None

    def partitions(self, topic: str) -> int:
        """Number of partitions."""
        if topic not in self.log.partitions:
            raise BadTopics(f"no topic {topic}")
        return self.log.partitions[topic]

    def source(self, worker: str, topics: Sequence[str]) -> MemorySource:
        """Join the worker's group."""
        return MemorySource(self.log, worker, topics)

    def reader(self, topic: str) -> MemoryReader:
        """Read a topic."""
        return MemoryReader(self.log, topic)

    def sink(self, worker: str) -> MemorySink:
        """A producer."""
        return MemorySink(self.log, f"{worker}.{self.ordinal}", self.break_at)

    def close(self) -> None:
        """Nothing is shared."""
