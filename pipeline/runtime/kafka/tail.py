"""Reading topics as an application does: no group, committed records, from anywhere."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from pipeline.runtime.faults import BadTopics, Indefinite, NoKafka
from pipeline.runtime.kafka.batches import decode_at_once
from pipeline.runtime.kafka.client import Timeouts, connection, consumer_settings
from pipeline.runtime.kafka.records import poll
from pipeline.runtime.transport import Raw
from topics.spec import Names

Bounds = Mapping[tuple[str, int], tuple[int, int]]
"""First offset and the one after the last committed record, by (topic, partition)."""

POLL_RECORDS = 2_000


class Reader:
    """Reads topics, read_committed; a context manager.

    Args:
        bootstrap_servers: `host:port,...`.
        names: How topics are called.
        topics: Short names, `.dlq` included, of what may be read.
        timeouts: Limits.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        names: Names,
        topics: Sequence[str],
        timeouts: Timeouts | None = None,
    ) -> None:
        self._timeouts = timeouts or Timeouts()
        self._full = {topic: names.topic(topic) for topic in topics}
        self._short = {full: topic for topic, full in self._full.items()}
        self._consumer: Any = KafkaConsumer(
            group_id=None,
            **consumer_settings(self._timeouts),
            **connection(bootstrap_servers, "kairec.reader"),
        )
        decode_at_once(self._consumer, self._short)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def bounds(self, topic: str) -> Bounds:
        """Where a topic begins and ends now.

        Raises:
            BadTopics: there is no such topic.
            NoKafka: Kafka does not answer.
        """
        full = self._full[topic]
        try:
            partitions = self._consumer.partitions_for_topic(full)
            if not partitions:
                raise BadTopics(f"no topic {full}: run `kairec topics create` first")
            wanted = [TopicPartition(full, p) for p in sorted(partitions)]
            limit = {"timeout_ms": self._timeouts.init_ms}
            first = self._consumer.beginning_offsets(wanted, **limit)
            last = self._consumer.end_offsets(wanted, **limit)
        except KafkaError as error:
            raise NoKafka(f"Kafka does not say where {full} ends: {error}") from error
        return {(topic, tp.partition): (first[tp], last[tp]) for tp in wanted}

    def assign(self, starts: Mapping[tuple[str, int], int]) -> None:
        """Read these, from these offsets, and nothing else."""
        tps = {
            TopicPartition(self._full[topic], partition): offset
            for (topic, partition), offset in starts.items()
        }
        self._consumer.assign(list(tps))
        for tp, offset in tps.items():
            self._consumer.seek(tp, offset)

    def poll(self, timeout_ms: int) -> list[Raw]:
        """Read what comes next; nothing while Kafka is away."""
        try:
            return poll(self._consumer, self._short, timeout_ms, POLL_RECORDS)
        except Indefinite:
            return []

    def read(self, bounds: Bounds) -> Iterator[Raw]:
        """Read from the first to the last of these offsets.

        Raises:
            NoKafka: nothing comes any more, though the end is not reached.
        """
        self.assign({at: first for at, (first, _) in bounds.items()})
        last_s = time.monotonic()
        while any(self._position(*at) < end for at, (_, end) in bounds.items()):
            records = self.poll(500)
            if records:
                last_s = time.monotonic()
            elif time.monotonic() - last_s > self._timeouts.init_ms / 1000:
                raise NoKafka("Kafka gives no more records: is it up?")
            for record in records:
                if record.offset < bounds[record.topic, record.partition][1]:
                    yield record

    def _position(self, topic: str, partition: int) -> int:
        tp = TopicPartition(self._full[topic], partition)
        state = self._consumer._subscription.assignment[tp]
        return state.position.offset if state.position is not None else 0

    def close(self) -> None:
        """Free everything."""
        self._consumer.close(timeout_ms=1_000)
