"""What the loop needs of a log: one protocol, on Kafka and in memory.

Topics are named by their short names here; whoever implements this knows the full ones.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from topics.dead_letters import InvalidRecord, Reason

Headers = Sequence[tuple[str, bytes]]
Offsets = Mapping[tuple[str, int], int]
"""Next offset to read by (topic, partition)."""

RECORD_BYTES = (1 << 20) - 1024
"""Most of one record of ours: Kafka's limit of 1 MiB, less what frames a record."""

Committed = dict[tuple[str, int], int | None]
"""Committed offset by (topic, partition); None where nothing was committed."""

Bounds = Mapping[tuple[str, int], tuple[int, int]]
"""First offset, and the one after the last, by (topic, partition)."""


class Raw(NamedTuple):
    """A record as the log has it.

    A tuple: of all that is made once a record, it takes the least time to make.

    Args:
        topic: Short name.
        partition: Which.
        offset: Where.
        append_time_ms: Log-append time, milliseconds UTC.
        key: Bytes or none.
        value: Bytes or none (a tombstone).
        headers: Names and bytes.
    """

    topic: str
    partition: int
    offset: int
    append_time_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Send:
    """A record to be sent; `topic` may end in `.dlq`."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def size(self) -> int:
        """Bytes of key, value and headers."""
        headers = sum(len(name) + len(value) for name, value in self.headers)
        return len(self.key or b"") + len(self.value or b"") + headers


def check_size(record: Send) -> Send:
    """Refuse a record that Kafka would refuse, which would then be tried for ever.

    Raises:
        InvalidRecord: `too_large`.
    """
    if record.size > RECORD_BYTES:
        raise InvalidRecord(
            Reason.TOO_LARGE,
            f"{record.size} bytes for {record.topic}; {RECORD_BYTES} is most",
        )
    return record


class Source(Protocol):
    """A member of a consumer group over co-partitioned topics."""

    def poll(self, timeout_ms: int, max_records: int) -> list[Raw]:
        """Read what comes next; also where the group is joined.

        Raises:
            Fenced: another member has this identity.
        """

    @property
    def rebalances(self) -> int:
        """Grows with each change of assignment, and with each loss of one."""

    @property
    def joined(self) -> bool:
        """Whether an assignment is in force."""

    def assignment(self) -> frozenset[int]:
        """Partitions assigned now, the same of each topic."""

    def membership(self) -> object:
        """What fences a commit from a former assignment; taken with the batch."""

    def bounds(self, partitions: Collection[int]) -> Bounds:
        """What the topics hold."""

    def committed(self, partitions: Collection[int]) -> Committed:
        """Stable committed offsets of all topics; waits for pending transactions."""

    def positions(self, partitions: Collection[int]) -> dict[tuple[str, int], int]:
        """Next offsets to read, control records behind us."""

    def seek(self, topic: str, partition: int, offset: int | None) -> None:
        """Go to an offset; None is the beginning."""

    def pause(self, partitions: Collection[int]) -> None:
        """Give no records of these until `resume`."""

    def resume(self, partitions: Collection[int]) -> None:
        """Give records of these again."""

    def unread(self) -> dict[tuple[str, int], tuple[int, int]]:
        """By topic and partition, the position and how many offsets follow."""

    def behind(self) -> int:
        """Records not yet read, as far as known without asking."""

    def silent_ms(self) -> int:
        """For how long the group has not answered this member; from any thread."""

    def close(self) -> None:
        """Leave the group (unless a static member) and free everything."""


class LogReader(Protocol):
    """Reads partitions of one topic from their beginning, committed records only."""

    def assign(self, partitions: Collection[int]) -> dict[int, int]:
        """Read these too, from their beginning.

        Returns:
            High watermark of each now, pending transactions included.
        """

    def release(self, partitions: Collection[int]) -> None:
        """Read these no more."""

    def poll(self, timeout_ms: int, max_records: int) -> list[Raw]:
        """Read what comes next."""

    def position(self, partition: int) -> int:
        """Next offset to read, control records behind us."""

    def behind(self) -> int:
        """Records not yet read, as far as known without asking."""

    def close(self) -> None:
        """Free everything."""


class Sink(Protocol):
    """A transactional producer; each call waits with a limit.

    Every call may raise `Indefinite` (then only `reset` may follow) or `Fenced`.
    """

    def begin(self) -> None:
        """Begin a transaction."""

    def send(self, record: Send) -> None:
        """Send within the transaction; waits while too many bytes are in flight."""

    def flush(self) -> None:
        """Wait for all that was sent and check that each was taken."""

    def send_offsets(self, offsets: Offsets, membership: object) -> None:
        """Put next offsets into the transaction."""

    def commit(self) -> None:
        """Commit."""

    def reset(self) -> None:
        """Take a new producer of the same id; what was pending is over after it."""

    def close(self) -> None:
        """Free everything."""


class Transport(Protocol):
    """Makes the ends of the log for one worker."""

    def partitions(self, topic: str) -> int:
        """Number of partitions of a topic.

        Raises:
            BadTopics: there is no such topic.
        """

    def source(self, worker: str, topics: Sequence[str]) -> Source:
        """Join the worker's group."""

    def reader(self, topic: str) -> LogReader:
        """Read a topic without a group."""

    def sink(self, worker: str) -> Sink:
        """A producer; `reset` must be called before the first transaction."""

    def close(self) -> None:
        """Free what is shared."""
