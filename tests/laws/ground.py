"""What one suite of laws needs of a log, in memory or on Kafka."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from uuid import uuid4

from kafka import KafkaProducer

from pipeline.runtime.clock import Clock, ManualClock, SystemClock
from pipeline.runtime.kafka.admin import Admin
from pipeline.runtime.kafka.client import Timeouts
from pipeline.runtime.kafka.transport import KafkaTransport
from pipeline.runtime.memory import MemoryLog, MemoryTransport
from pipeline.runtime.transport import LogReader, Raw, Send, Transport
from tests.runtime.application import BEGIN_MS, PARTITIONS
from topics import TOPICS
from topics.spec import Names

TIMEOUTS = Timeouts(
    session_ms=6_000, transaction_ms=10_000, request_ms=2_000, init_ms=4_000
)


class Ground(Protocol):
    """A log with all topics, empty, and an application that writes to it."""

    clock: Clock

    def transport(self, ordinal: int | None = None) -> Transport:
        """The ends of the log for one worker."""

    def send(self, *records: Send) -> None:
        """Append records as an application does."""

    def committed(self, topic: str) -> list[Raw]:
        """All committed records of a topic, `.dlq` included, by partition."""

    def pass_time(self) -> None:
        """Let a turn's time pass, if it does not pass by itself."""


class MemoryGround:
    """In memory; the clock stands still between turns."""

    def __init__(self) -> None:
        self.clock: Clock = ManualClock(BEGIN_MS)
        counts = {spec.name: spec.partitions or PARTITIONS for spec in TOPICS}
        self._log = MemoryLog(counts, self.clock)

    def transport(self, ordinal: int | None = None) -> Transport:
        return MemoryTransport(self._log, ordinal)

    def send(self, *records: Send) -> None:
        for record in records:
            self._log.append(record)

    def committed(self, topic: str) -> list[Raw]:
        return self._log.committed(topic)

    def pass_time(self) -> None:
        self.clock.sleep_ms(25)


class KafkaGround:
    """On Kafka, under a prefix of its own."""

    def __init__(self, servers: str) -> None:
        self.clock: Clock = SystemClock()
        self._servers = servers
        self._names = Names(f"laws{uuid4().hex[:8]}")
        with Admin(servers, self._names) as admin:
            admin.create(PARTITIONS, 1)
        self._producer: Any = KafkaProducer(bootstrap_servers=servers)

    def transport(self, ordinal: int | None = None) -> Transport:
        return KafkaTransport(self._servers, self._names, ordinal, TIMEOUTS)

    def send(self, *records: Send) -> None:
        for record in records:
            self._producer.send(
                self._names.topic(record.topic),
                partition=record.partition,
                key=record.key,
                value=record.value,
                headers=list(record.headers),
            )
        self._producer.flush()

    def committed(self, topic: str) -> list[Raw]:
        transport = self.transport()
        reader = transport.reader(topic)
        name = topic.removesuffix(".dlq")
        found = read_all(reader, range(transport.partitions(name)))
        reader.close()
        transport.close()
        return found

    def pass_time(self) -> None:
        """It passes."""

    def close(self) -> None:
        self._producer.close()


@contextmanager
def kafka_ground(servers: str) -> Iterator[KafkaGround]:
    """A deployment of a test's own."""
    ground = KafkaGround(servers)
    try:
        yield ground
    finally:
        ground.close()


def read_all(reader: LogReader, partitions: range) -> list[Raw]:
    """Read partitions to their ends of now, each in offset order."""
    ends = reader.assign(partitions)
    found: list[Raw] = []
    for _ in range(1_000):
        if all(reader.position(p) >= end for p, end in ends.items()):
            break
        found += reader.poll(50, 1_000)
    return sorted(found, key=lambda raw: (raw.partition, raw.offset))
