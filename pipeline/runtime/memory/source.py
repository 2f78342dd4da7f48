"""Reading a `MemoryLog`: as a member of a group, and without one."""

from collections.abc import Callable, Collection, Sequence

from pipeline.runtime.faults import Fenced, Indefinite
from pipeline.runtime.memory.log import MemoryLog
from pipeline.runtime.transport import Bounds, Committed, Raw


class MemorySource:
    """A member of a group of a `MemoryLog`; Range assignment, eager.

    Args:
        log: The cluster.
        group: Name of the group.
        topics: Co-partitioned.
        instance_id: Makes a static member: it replaces its predecessor, keeps its
            partitions, and does not leave on close.
        break_at: Called before committed offsets are told; may raise `Indefinite`.
    """

    def __init__(
        self,
        log: MemoryLog,
        group: str,
        topics: Sequence[str],
        instance_id: str | None,
        break_at: Callable[[str], None],
    ) -> None:
        self.instance_id = instance_id
        self.fenced = False
        self.rebalances = 0
        self._log = log
        self._name = group
        self._group = log.groups[group]
        self._topics = sorted(topics)
        self._break_at = break_at
        self._positions: dict[tuple[str, int], int] = {}
        self._paused: set[int] = set()
        self._assigned: frozenset[int] = frozenset()
        self._generation = -1
        self._group.join(self)

    @property
    def joined(self) -> bool:
        """Whether the assignment is that of the newest generation."""
        return self._generation == self._group.generation

    def _join(self) -> None:
        self._generation = self._group.generation
        self.rebalances += 1
        if self not in self._group.members:
            self._group.join(self)  # Its session had ended.
            self._generation = self._group.generation
        count = self._log.partitions[self._topics[0]]
        at = self._group.members.index(self)
        share, more = divmod(count, len(self._group.members))
        first = at * share + min(at, more)
        self._assigned = frozenset(range(first, first + share + (at < more)))
        self._positions = {
            k: v for k, v in self._positions.items() if k[1] in self._assigned
        }
        self._paused &= self._assigned

    def poll(self, timeout_ms: int, max_records: int) -> list[Raw]:
        """Read what comes next; joins first.

        Raises:
            Fenced: another member has this identity.
        """
        if self.fenced:
            raise Fenced(f"another worker has the instance id {self.instance_id}")
        if not self.joined:
            self._join()
            return []
        found: list[Raw] = []
        for (topic, partition), offset in sorted(self._positions.items()):
            if partition in self._paused:
                continue
            records, after = self._log.read(
                topic, partition, offset, max_records - len(found)
            )
            self._positions[topic, partition] = after
            found += records
        return found

    def assignment(self) -> frozenset[int]:
        """Partitions assigned now."""
        return self._assigned

    def membership(self) -> object:
        """The member and its generation."""
        return self, self._generation

    def bounds(self, partitions: Collection[int]) -> Bounds:
        """What the topics hold; nothing is ever deleted."""
        wanted = [(t, p) for p in partitions for t in self._topics]
        return {at: (0, self._log.high_watermark(*at)) for at in wanted}

    def committed(self, partitions: Collection[int]) -> Committed:
        """Committed offsets.

        Raises:
            Indefinite: a pending transaction will decide on them.
        """
        self._break_at("committed")
        wanted = [(t, p) for p in partitions for t in self._topics]
        if self._log.is_pending(self._name, wanted):
            raise Indefinite("an open transaction holds offsets of these partitions")
        return {at: self._group.offsets.get(at) for at in wanted}

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

    def unread(self) -> dict[tuple[str, int], tuple[int, int]]:
        """Positions, and how many offsets follow."""
        return {
            at: (position, self._log.high_watermark(*at) - position)
            for at, position in self._positions.items()
        }

    def behind(self) -> int:
        """Offsets not yet read."""
        return sum(records for _, records in self.unread().values())

    def silent_ms(self) -> int:
        """Memory always answers."""
        return 0

    def close(self) -> None:
        """Leave the group, unless a static member."""
        if self.instance_id is None:
            self.end_session()

    def end_session(self) -> None:
        """Be out of the group, as after a long silence."""
        self._group.leave(self)


class MemoryReader:
    """Reads partitions of one topic of a `MemoryLog`.

    Args:
        log: The cluster.
        topic: Which.
        break_at: Called before the ends are told; may raise `Indefinite`.
    """

    def __init__(
        self, log: MemoryLog, topic: str, break_at: Callable[[str], None]
    ) -> None:
        self._log = log
        self._topic = topic
        self._break_at = break_at
        self._positions: dict[int, int] = {}

    def assign(self, partitions: Collection[int]) -> dict[int, int]:
        """Read these too."""
        self._break_at("ends")
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
            records, after = self._log.read(
                self._topic, partition, offset, max_records - len(found)
            )
            self._positions[partition] = after
            found += records
        return found

    def position(self, partition: int) -> int:
        """Next offset to read."""
        return self._positions[partition]

    def behind(self) -> int:
        """Offsets not yet read."""
        return sum(
            self._log.high_watermark(self._topic, p) - at
            for p, at in self._positions.items()
        )

    def close(self) -> None:
        """Nothing to free."""
