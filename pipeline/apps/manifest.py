"""What Kafka has acknowledged, so that it can be asked for afterwards."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from zlib import crc32

from pipeline.apps.errors import AppError
from pipeline.apps.lines import Outgoing
from topics import codec
from topics.dead_letters import InvalidRecord
from topics.spec import Position

Line = tuple[str, int, int, int]
"""Topic, partition and offset of a record, and the CRC-32 of its value."""


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


class ManifestFile:
    """Writes each acknowledged record as a line, in the order of the answers.

    Args:
        file: Where to.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def note(self, record: Outgoing, position: Position, sent_ms: int) -> None:
        """Write a record; called on one thread."""
        at = position.topic, position.partition, position.offset
        self._file.write(codec.write([*at, crc32(record.value or b"")]) + b"\n")


@contextmanager
def manifest_file(path: Path) -> Iterator[ManifestFile]:
    """A new file to write records to; one that is there already is replaced."""
    with path.open("wb") as file:
        yield ManifestFile(file)


def read_manifest(path: Path) -> Iterator[Line]:
    """Read what was written; a last line that is cut short is left out.

    Raises:
        AppError: it is no such file.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise AppError(f"cannot read {path}: {error.strerror}") from error
    for number, line in enumerate(lines[:-1], start=1):
        try:
            yield codec.read_as(tuple[str, int, int, int], line)
        except InvalidRecord as error:
            raise AppError(
                f"{path}, line {number}: {error.detail}; it is a file that `kairec "
                "replay --manifest` has written"
            ) from error
