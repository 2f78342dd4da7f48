"""Topics, groups and transactions of one make-believe cluster."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Literal, Protocol

from pipeline.runtime.clock import Clock
from pipeline.runtime.transport import Offsets, Raw, Send

State = Literal["open", "committed", "aborted", "control"]


@dataclass(slots=True)
class _Entry:
    raw: Raw
    state: State


@dataclass(slots=True)
class _Transaction:
    """What an owner has written and not yet committed."""

    entries: list[_Entry] = field(default_factory=list)
    group: str = ""
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)


class Member(Protocol):
    """A member of a group, as the group sees it."""

    instance_id: str | None
    fenced: bool


@dataclass(slots=True)
class Group:
    """Committed offsets and members; the generation grows with each rebalance."""

    offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)
    generation: int = 0

    def join(self, member: Member) -> None:
        """Take a member in; one of the same instance is replaced, without rebalance."""
        for at, other in enumerate(self.members):
            if member.instance_id and other.instance_id == member.instance_id:
                other.fenced = True
                self.members[at] = member
                return
        self.members.append(member)
        self.generation += 1

    def leave(self, member: Member) -> None:
        """Let a member go."""
        if member in self.members:
            self.members.remove(member)
            self.generation += 1


class MemoryLog:
    """Topics, groups and transactions.

    Transactions leave a control record behind, so that offsets have the same holes as
    on Kafka; a reader sees nothing beyond the first open transaction.

    Args:
        partitions: Number of partitions by short name of the topic.
        clock: Gives the append time.
    """

    def __init__(self, partitions: Mapping[str, int], clock: Clock) -> None:
        self.partitions = dict(partitions)
        self.groups: dict[str, Group] = defaultdict(Group)
        self.epochs: dict[str, int] = defaultdict(int)
        self.ids = map(str, count())
        self._clock = clock
        self._logs: dict[tuple[str, int], list[_Entry]] = defaultdict(list)
        self._open: dict[str, _Transaction] = defaultdict(_Transaction)

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
        entry = _Entry(raw, "open" if owner else "committed")
        log.append(entry)
        if owner:
            self._open[owner].entries.append(entry)
        return raw

    def pend(self, owner: str, group: str, offsets: Offsets) -> None:
        """Put offsets of a group into an owner's transaction."""
        transaction = self._open[owner]
        transaction.group = group
        transaction.offsets |= offsets

    def is_pending(self, group: str, partitions: Collection[tuple[str, int]]) -> bool:
        """Whether an open transaction holds offsets of these partitions."""
        return any(
            t.group == group and not t.offsets.keys().isdisjoint(partitions)
            for t in self._open.values()
        )

    def end(self, owner: str, state: Literal["committed", "aborted"]) -> None:
        """End the open transaction of an owner, with a control record each."""
        transaction = self._open.pop(owner, _Transaction())
        for entry in transaction.entries:
            entry.state = state
        written = [(e.raw.topic, e.raw.partition) for e in transaction.entries]
        for topic, partition in dict.fromkeys(written):
            log = self._logs[topic, partition]
            raw = Raw(topic, partition, len(log), 0, None, None, ())
            log.append(_Entry(raw, "control"))
        if state == "committed":
            self.groups[transaction.group].offsets |= transaction.offsets

    def high_watermark(self, topic: str, partition: int) -> int:
        """Offset after the last record, open transactions included."""
        return len(self._logs[topic, partition])

    def read(
        self, topic: str, partition: int, offset: int, most: int | None = None
    ) -> tuple[list[Raw], int]:
        """Committed records from an offset on, and the next offset to read."""
        found: list[Raw] = []
        log = self._logs[topic, partition]
        while offset < len(log) and log[offset].state != "open" and len(found) != most:
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
