"""What Kafka has acknowledged, so that it can be asked for afterwards."""

from collections import Counter
from dataclasses import dataclass, field

from topics.spec import Position


@dataclass(slots=True)
class Manifest:
    """Acknowledged records by topic and partition.

    Args:
        counts: How many.
        first: Offset of the first, by topic and partition.
        last: Of the last.
    """

    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    first: dict[tuple[str, int], int] = field(default_factory=dict)
    last: dict[tuple[str, int], int] = field(default_factory=dict)

    def note(self, position: Position) -> None:
        """Count a record; called on one thread."""
        at = position.topic, position.partition
        self.counts[at] += 1
        self.first.setdefault(at, position.offset)
        self.last[at] = position.offset

    def add(self, later: "Manifest") -> None:
        """Take in what was acknowledged afterwards."""
        self.counts += later.counts
        self.first = later.first | self.first
        self.last |= later.last

    def total(self, topic: str) -> int:
        """Records of a topic.

        >>> manifest = Manifest()
        >>> manifest.note(Position("events", 0, 4))
        >>> manifest.note(Position("events", 1, 9))
        >>> manifest.total("events"), manifest.topics()
        (2, ['events'])
        """
        return sum(n for (name, _), n in self.counts.items() if name == topic)

    def topics(self) -> list[str]:
        """Those that have records, in the order in which they were first sent."""
        return list(dict.fromkeys(topic for topic, _ in self.counts))
