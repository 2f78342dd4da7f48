"""What a topic is: record type, key, policy and version; names; positions in a log."""

from dataclasses import dataclass
from enum import StrEnum

from topics.dead_letters import InvalidRecord, Reason

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
ID_BYTES = 512


class Key(StrEnum):
    """What the key of a record is; it decides the partition."""

    USER = "user"
    ITEM = "item"
    KIND_AND_ID = "kind and id"
    NONE = "none"


class Format(StrEnum):
    """How a value is written."""

    JSON = "json"
    JSON_PACK = "json pack"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record stands: topic (short name), partition, offset."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        """Say it in one word, for headers, ids and messages."""
        return f"{self.topic}-{self.partition}-{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Read what `str` wrote.

        Raises:
            ValueError: if the text is not of that form.

        >>> Position.parse("events-3-17")
        Position(topic='events', partition=3, offset=17)
        """
        topic, partition, offset = text.rsplit("-", 2)
        return cls(topic, int(partition), int(offset))


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic of the topology.

    Args:
        name: Plural noun; `Names` puts the prefix before it.
        record: The type of its records, or of a pack's units.
        key: What the key is.
        retention_ms: How long records are kept; None for a compacted topic.
        written_by: Who produces to it.
        read_by: Who consumes it.
        version: Major version of the schema, written in the header `v`.
        format: How values are written.
        partitions: A fixed number of partitions; None for that of the deployment.
        public: Whether an application writes it; then keys are checked, misrouted
            records forwarded, and records that cannot be read become dead letters.
    """

    name: str
    record: type
    key: Key
    retention_ms: int | None
    written_by: str
    read_by: str
    version: int = 1
    format: Format = Format.JSON
    partitions: int | None = None
    public: bool = False

    def __hash__(self) -> int:
        """By the name: a decoder is looked up for each record."""
        return hash(self.name)

    @property
    def compacted(self) -> bool:
        """Whether only the newest value of a key is kept."""
        return self.retention_ms is None


@dataclass(frozen=True, slots=True)
class Names:
    """How persistent things are called.

    >>> Names().topic("events"), Names().dead_letters("events"), Names().group("update")
    ('kairec.events', 'kairec.events.dlq', 'kairec.update')
    >>> Names(model_name="b").topic("model")
    'kairec.b.model'
    """

    prefix: str = "kairec"
    model_name: str = "main"

    @property
    def base(self) -> str:
        """The prefix, and the model's name unless it is the default one."""
        if self.model_name == "main":
            return self.prefix
        return f"{self.prefix}.{self.model_name}"

    def topic(self, name: str) -> str:
        """Full name of a topic."""
        return f"{self.base}.{name}"

    def dead_letters(self, name: str) -> str:
        """Full name of the dead-letter topic of a topic."""
        return f"{self.base}.{name}.dlq"

    def group(self, worker: str) -> str:
        """Name of a worker's consumer group."""
        return f"{self.base}.{worker}"


def check_id(name: str, value: str) -> None:
    """Refuse an id that is empty, longer than 512 bytes, or one of ours (`~...`).

    Raises:
        InvalidRecord: with the reason.
    """
    if not value:
        raise InvalidRecord(Reason.MISSING_FIELD, f"`{name}` is empty")
    if value[0] == "~":
        raise InvalidRecord(Reason.RESERVED_ID, f"`{name}` begins with ~: {value[:80]}")
    if len(value) > ID_BYTES or len(value.encode()) > ID_BYTES:
        raise InvalidRecord(
            Reason.OUT_OF_RANGE, f"`{name}` is longer than {ID_BYTES} bytes"
        )


def check_time(event_time_ms: int) -> None:
    """Refuse a time that is not after 1970 or beyond the year 9999.

    Raises:
        InvalidRecord: `out_of_range`.
    """
    if not 0 < event_time_ms < 253_402_300_800_000:
        raise InvalidRecord(
            Reason.OUT_OF_RANGE,
            f"`event_time_ms` is {event_time_ms}; it is milliseconds UTC since 1970",
        )
