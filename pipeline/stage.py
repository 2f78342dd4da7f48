"""What a stage is: records in, records out; and the laws that hold for every stage.

A task is one partition's object; it holds that partition's state. The runtime reads,
calls, sends and commits; a stage touches no Kafka, clock, random source or logger.

Laws, for a given sequence of inputs (replica rows included):

1. Any split of the inputs into polls gives the same state and the same outputs.
2. After `undo` the state is that of the last commit, byte for byte.
3. Rebuilt from its own changelog, the state is that of the last commit.
4. Inputs are not mutated; event time never goes back.
5. Each input unit has one fate, and they add up.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from topics.dead_letters import InvalidRecord
from topics.spec import Position, TopicSpec


class Fate(StrEnum):
    """What became of an input unit; each has exactly one."""

    USED = "used"
    DEAD = "dead"
    DROPPED = "dropped"
    WAITING = "waiting"
    FORWARDED = "forwarded"
    COALESCED = "coalesced"
    NO_LIST = "no_list"


@dataclass(frozen=True, slots=True)
class In:
    """One input unit, decoded.

    Args:
        topic: Short name of the topic that it was read from.
        key: The record's key; of a pack, empty.
        unit: A record of the topic's type; None is a tombstone.
        source: Where it stands; of a forwarded record, where it stood first.
        append_time_ms: Log-append time of the record.
    """

    topic: str
    key: str
    unit: Any
    source: Position
    append_time_ms: int


@dataclass(frozen=True, slots=True)
class Out:
    """One output unit.

    Args:
        topic: Short name of the topic that it goes to.
        key: Decides the partition, and is the record's key where the topic has one.
        unit: A record of the topic's type; None is a tombstone.
        partition: Set where the key does not decide.
    """

    topic: str
    key: str
    unit: Any
    partition: int | None = None


class Row(NamedTuple):
    """The new absolute value of one key of a changelog.

    A tuple: hundreds of thousands are made while a worker is restored.

    Args:
        key: Empty in an appended (not compacted) changelog.
        value: A record of the changelog's type; None is a tombstone.
        partition: Set where it is not the task's own.
        append_time_ms: Log-append time, of a row that was read.
        written: The value's bytes, of a row that was read alone from its record.
    """

    key: str
    value: Any
    partition: int | None = None
    append_time_ms: int = 0
    written: bytes | None = None


@dataclass(slots=True)
class Result:
    """What a batch gave.

    Args:
        outputs: Units to send, in order.
        notices: For people to read, of what is rare: the runtime logs them.
        dead: Inputs that turned out to be invalid, each with why.
        fates: Number of input units by fate and reason ("" where there is none). A unit
            that was waiting and now has another fate counts -1 for waiting.
    """

    outputs: list[Out] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    dead: list[tuple[In, InvalidRecord]] = field(default_factory=list)
    fates: Counter[tuple[Fate, str]] = field(default_factory=Counter)

    def count(self, fate: Fate, reason: str = "", units: int = 1) -> None:
        """Note the fate of units."""
        self.fates[fate, reason] += units

    def die(self, unit: In, error: InvalidRecord) -> None:
        """Make an input a dead letter; counts its fate too."""
        self.dead.append((unit, error))
        self.count(Fate.DEAD, error.reason)


class Stage(Protocol):
    """One task: the state of one partition and what is done with its records."""

    def restore(self, row: Row) -> None:
        """Take a row of its own changelog, before the first batch."""

    def on_batch(self, batch: Sequence[In], now_ms: int) -> Result:
        """Work on inputs in offset order; `now_ms` only stamps outputs."""

    def on_time(self, now_ms: int, idle_ms: int) -> Result:
        """Clock time has moved on.

        Args:
            now_ms: Milliseconds UTC.
            idle_ms: For how long all inputs have been read to their end; 0 if not.
        """

    def touched(self) -> Sequence[Row]:
        """Rows changed since the last commit, each once; the state stays as it is."""

    def commit(self) -> None:
        """What was touched is durable: drop the copies."""

    def undo(self) -> None:
        """Go back to the last commit."""

    def gauges(self) -> dict[str, float]:
        """Figures of the state for metrics, by short name (`rows`, `waiting`)."""


class Replica(Protocol):
    """A read-only copy of a topic that all tasks of a worker share."""

    def apply(self, row: Row) -> None:
        """Take the new value of a key, in log order of its partition."""


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """A node of the graph: what a worker reads, keeps and writes, and how it is made.

    Args:
        name: `extract`, `diversify`, `update`, `update.dense` or `publish`.
        sources: Topics that its group consumes, co-partitioned.
        sinks: Topics that it produces to, its changelog included.
        make: Makes the task of a partition over the shared replica.
        changelog: The topic that holds its state.
        replica: The topic that it reads whole, every partition.
        make_replica: Makes the empty replica.
        restore_all: Whether a task restores from all partitions of the changelog.
        max_records: Of one poll.
        poll_interval_ms: At least this long between two polls, unless behind.
        commit_interval_ms: At least this long between two commits.
        pack_is_batch: Each call of `on_batch` gets the units of one pack.
        replica_waits: Before a pack the replica takes rows that were appended before
            it, and no others: they may tell what the pack is about to teach.
    """

    name: str
    sources: tuple[TopicSpec, ...]
    sinks: tuple[TopicSpec, ...]
    make: Callable[[int, Any], Stage]
    changelog: TopicSpec | None = None
    replica: TopicSpec | None = None
    make_replica: Callable[[], Replica] | None = None
    restore_all: bool = False
    max_records: int = 1_000
    poll_interval_ms: int = 0
    commit_interval_ms: int = 0
    pack_is_batch: bool = False
    replica_waits: bool = False
