"""The protocol of `runtime.transport` on Apache Kafka."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.runtime.faults import BadTopics
from pipeline.runtime.kafka.admin import Admin
from pipeline.runtime.kafka.client import Timeouts
from pipeline.runtime.kafka.reader import KafkaReader, Watermarks
from pipeline.runtime.kafka.sink import KafkaSink
from pipeline.runtime.kafka.source import KafkaSource
from topics import TOPICS
from topics.spec import Names


@dataclass(slots=True)
class KafkaTransport:
    """Makes the ends of the log for one worker.

    Args:
        bootstrap_servers: `host:port,...`.
        names: How topics and groups are called.
        ordinal: Number of the worker among its kind; makes a static member with a
            transactional id of its own. None: both are random.
        timeouts: Limits.
        in_flight_bytes: Bytes that may be sent and not yet answered.
    """

    bootstrap_servers: str
    names: Names = field(default_factory=Names)
    ordinal: int | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    in_flight_bytes: int = 32 << 20
    _watermarks: Watermarks | None = None
    _partitions: dict[str, int] = field(default_factory=dict)

    def partitions(self, topic: str) -> int:
        """Number of partitions of a topic, by its short name."""
        if not self._partitions:
            with Admin(self.bootstrap_servers, self.names) as admin:
                self._partitions = admin.partitions()
        if topic not in self._partitions:
            raise BadTopics(
                f"no topic {self.names.topic(topic)}: run `kairec topics create` first"
            )
        return self._partitions[topic]

    def source(self, worker: str, topics: Sequence[str]) -> KafkaSource:
        """Join the worker's group."""
        group = self.names.group(worker)
        return KafkaSource(
            self.bootstrap_servers,
            group,
            {topic: self.names.topic(topic) for topic in topics},
            self.timeouts,
            None if self.ordinal is None else f"{group}.{self.ordinal}",
        )

    def reader(self, topic: str) -> KafkaReader:
        """Read a topic without a group."""
        if self._watermarks is None:
            self._watermarks = Watermarks(self.bootstrap_servers, self.timeouts)
        return KafkaReader(
            self.bootstrap_servers,
            self.names.topic(topic),
            topic,
            self._watermarks,
            self.timeouts,
        )

    def sink(self, worker: str) -> KafkaSink:
        """A transactional producer."""
        ordinal = uuid.uuid4().hex[:12] if self.ordinal is None else str(self.ordinal)
        full = {spec.name: self.names.topic(spec.name) for spec in TOPICS}
        dead = {f"{name}.dlq": f"{topic}.dlq" for name, topic in full.items()}
        return KafkaSink(
            self.bootstrap_servers,
            f"{self.names.group(worker)}.{ordinal}",
            full | dead,
            timeouts=self.timeouts,
            in_flight_bytes=self.in_flight_bytes,
            partitions=self._partitions,
        )

    def close(self) -> None:
        """Free what is shared."""
        if self._watermarks is not None:
            self._watermarks.close()
