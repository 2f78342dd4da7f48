"""Whole topics, read with nothing but the client library.

Who audits the workers must not share their readers: what these pass over would never be
found. Hence no group, no recovery and no decoding here.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from pipeline.runtime.faults import BadTopics, NoKafka
from pipeline.runtime.kafka.client import connection
from topics.spec import Names

PATIENCE_S = 60.0
"""An open transaction ends earlier: Kafka sees to it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A committed record, as it came.

    Args:
        topic: Short name.
        partition: Of the topic.
        offset: In the partition.
        append_time_ms: When Kafka took it, milliseconds UTC.
        key: Bytes, or none.
        value: Bytes, or none.
        headers: By name; of several, the last.
    """

    topic: str
    partition: int
    offset: int
    append_time_ms: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]


class WholeTopics:
    """Reads topics from their beginning to their end; a context manager.

    Args:
        bootstrap_servers: `host:port,...`.
        names: How topics are called.
    """

    def __init__(self, bootstrap_servers: str, names: Names) -> None:
        self._names = names
        self._committed, self._all = (
            self._consumer(bootstrap_servers, isolation)
            for isolation in ("read_committed", "read_uncommitted")
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for consumer in (self._committed, self._all):
            consumer.close(timeout_ms=1_000)

    def read(self, topic: str) -> Iterator[Seen]:
        """Committed records, each partition's in order.

        It reads to where those that read uncommitted records are: a transaction is in
        its offsets before it is in all its outputs, and one without an end is found.

        Raises:
            BadTopics: there is no such topic.
            NoKafka: its end is not reached.
        """
        for tp, records in self._polls(topic):
            for r in records:
                yield Seen(
                    topic,
                    tp.partition,
                    r.offset,
                    r.timestamp,
                    r.key,
                    r.value,
                    dict(r.headers),
                )

    def count(self, topic: str) -> int:
        """Read a topic and do nothing with it: what the client alone takes.

        Raises:
            BadTopics: there is no such topic.
            NoKafka: its end is not reached.
        """
        return sum(len(records) for _, records in self._polls(topic))

    def _polls(self, topic: str) -> Iterator[tuple[Any, list[Any]]]:
        full = self._names.topic(topic)
        try:
            numbers = self._committed.partitions_for_topic(full)
            if not numbers:
                raise BadTopics(f"no topic {full}: run `kairec topics create` first")
            partitions = [TopicPartition(full, n) for n in sorted(numbers)]
            ends = self._all.end_offsets(partitions)
            self._committed.assign(partitions)
            self._committed.seek_to_beginning(*partitions)
            yield from self._up_to(ends, topic)
        except KafkaError as error:
            raise NoKafka(f"{full} cannot be read: {error}") from error

    def _up_to(
        self, ends: dict[Any, int], topic: str
    ) -> Iterator[tuple[Any, list[Any]]]:
        last_s = time.monotonic()
        while any(self._committed.position(tp) < end for tp, end in ends.items()):
            polled = self._committed.poll(500)
            if polled:
                last_s = time.monotonic()
            elif time.monotonic() - last_s > PATIENCE_S:
                raise NoKafka(f"{topic} ends in a transaction that nobody has ended")
            yield from polled.items()

    @staticmethod
    def _consumer(bootstrap_servers: str, isolation: str) -> Any:
        return KafkaConsumer(
            isolation_level=isolation,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            **connection(bootstrap_servers, f"kairec.verify.{isolation}"),
        )
