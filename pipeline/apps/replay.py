"""Sending a stream: at a rate, keyed by its ids, each delivery noted."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from pipeline.apps.datasets import Dataset
from pipeline.apps.lines import PUBLIC, Lines, NotJson, Outgoing, outgoing, recognise
from pipeline.apps.manifest import Manifest
from pipeline.apps.tempo import Tempo
from pipeline.runtime.kafka.plain import Producer
from topics import EVENTS, ITEMS, USERS, codec
from topics.spec import Position

Sent = Callable[[Outgoing, Position, int], None]
"""A record, where it stands, and the monotonic time at which it was handed over."""


def send_all(
    records: Iterable[Outgoing],
    producer: Producer,
    tempo: Tempo,
    *,
    stopping: Callable[[], bool] = lambda: False,
    progress: Callable[[], None] = lambda: None,
    delivered: Sent = lambda record, position, sent_ms: None,
) -> Manifest:
    """Send records and wait until each is acknowledged.

    Args:
        records: In the order in which they are sent.
        producer: Where to.
        tempo: Waits before each.
        stopping: Whether to send no more.
        progress: Called after each record is handed over.
        delivered: Called on the client's thread for each acknowledged record.

    Raises:
        Undelivered: some were not acknowledged.
    """
    manifest = Manifest()
    for record in records:
        sent_ms = tempo.wait()
        if stopping():
            break
        producer.send(
            record.topic,
            record.key,
            record.value,
            (codec.version_header(PUBLIC[record.topic]),),
            _noted(manifest, delivered, record, sent_ms),
        )
        progress()
    producer.flush()
    return manifest


def _noted(
    manifest: Manifest, delivered: Sent, record: Outgoing, sent_ms: int
) -> Callable[[Position], None]:
    def note(position: Position) -> None:
        manifest.note(position)
        delivered(record, position, sent_ms)

    return note


def catalogue(dataset: Dataset) -> Iterator[Outgoing]:
    """Items and users, which go before the events."""
    yield from (outgoing(ITEMS, item) for item in dataset.items)
    yield from (outgoing(USERS, user) for user in dataset.users)


def stream(dataset: Dataset) -> Iterator[Outgoing]:
    """Items, users, then events in time order."""
    yield from catalogue(dataset)
    yield from (outgoing(EVENTS, event) for event in dataset.events)


@dataclass(slots=True)
class FileStream:
    """Records of a file; lines that cannot be sent are told and left out.

    Those are lines that are no JSON, unless they are wanted, and lines without an id
    where the topic is compacted: Kafka takes no record without key there.

    Args:
        lines: The file.
        topic: Where all of it goes; None tells by each line's fields.
        raw: Whether to send what is no JSON, too.
        refused: Told of each line that is left out.
        left_out: How many those were.
    """

    lines: Lines
    topic: str | None
    raw: bool
    refused: Callable[[str], None]
    left_out: int = field(default=0)

    def __iter__(self) -> Iterator[Outgoing]:
        for value in self.lines:
            try:
                record = recognise(value, self.topic)
            except NotJson as error:
                if not self.raw:
                    self._refuse(f"is no JSON: {error}")
                    continue
                record = Outgoing(self.topic or EVENTS.name, None, value)
            spec = PUBLIC[record.topic]
            if record.key is None and spec.compacted:
                self._refuse(f"has no {spec.key}_id, which {spec.name} needs as key")
            else:
                yield record

    def _refuse(self, why: str) -> None:
        self.left_out += 1
        self.refused(f"line {self.lines.number} {why}")
