"""An application's producer: no transactions, each delivery looked at."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError

from pipeline.runtime.faults import Stop
from pipeline.runtime.kafka.client import Timeouts, connection, producer_settings
from topics.partitioning import partition_of
from topics.spec import Names, Position

ClientError = KafkaError
"""What any of the clients may raise; for those who may not import the library."""

IN_FLIGHT_BYTES = 16 << 20
DELIVERY_MS = 60_000
"""Longer than a broker takes to start again: a replay outlives that."""

Delivered = Callable[[Position], None]


class Undelivered(Stop):
    """Records were not acknowledged: they may be in the topic or not."""


class Producer:
    """Sends an application's records to the partitions that their keys decide.

    Idempotent and with the answer of all replicas: an acknowledged record is in the
    topic, once, in the order in which it was sent. A context manager.

    Args:
        bootstrap_servers: `host:port,...`.
        names: How topics are called.
        partitions: Number of partitions by short name of the topic.
        timeouts: Limits.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        names: Names,
        partitions: Mapping[str, int],
        timeouts: Timeouts | None = None,
    ) -> None:
        settings = producer_settings(timeouts or Timeouts(delivery_ms=DELIVERY_MS))
        # Two applications need not agree on an id: no transactions here.
        del settings["transaction_timeout_ms"]
        self._names = names
        self._partitions = partitions
        self._any = itertools.count()
        # The first three grow on this thread, the others on the client's.
        self._sent = self._sent_bytes = 0
        self._answered = self._answered_bytes = 0
        self._failure: BaseException | None = None
        self._failed = 0
        self._producer: Any = KafkaProducer(
            **settings, **connection(bootstrap_servers, "kairec.producer")
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(
        self,
        topic: str,
        key: str | None,
        value: bytes | None,
        headers: tuple[tuple[str, bytes], ...] = (),
        delivered: Delivered | None = None,
    ) -> None:
        """Send a record; above the limit of bytes in flight wait for answers first.

        Args:
            topic: Short name.
            key: Decides the partition; without one they take turns.
            value: Bytes; None is a tombstone.
            headers: Names and bytes.
            delivered: Called on the client's thread with where the record stands.

        Raises:
            Undelivered: this or an earlier record was refused.
        """
        size = len(value or b"")
        if self._sent_bytes - self._answered_bytes > IN_FLIGHT_BYTES:
            self.flush()
        self._check()
        count = self._partitions[topic]
        partition = next(self._any) % count if key is None else partition_of(key, count)
        try:
            future = self._producer.send(
                self._names.topic(topic),
                value=value,
                key=None if key is None else key.encode(),
                headers=list(headers),
                partition=partition,
            )
        except MessageSizeTooLargeError as error:
            raise Undelivered(
                f"a record of {size} bytes for {topic} is larger than Kafka takes: "
                "leave something out of it"
            ) from error
        self._sent += 1
        self._sent_bytes += size
        future.add_callback(lambda taken: self._take(topic, taken, size, delivered))
        future.add_errback(lambda error: self._lose(error, size))

    def flush(self, limit_s: float = DELIVERY_MS / 1000 + 5) -> None:
        """Wait for all answers, and look at them.

        Raises:
            Undelivered: not every record was taken.
        """
        try:
            self._producer.flush(timeout=limit_s)
        except KafkaError as error:
            self._failure = self._failure or error
        self._check()
        if self._answered < self._sent:
            raise self._undelivered("no answer")

    def close(self) -> None:
        """Free everything; what was not flushed may be lost."""
        try:
            self._producer.close(timeout=1)
        except KafkaError:
            return  # Its flush timed out; the sender thread ends by itself.

    def _take(
        self, topic: str, taken: Any, size: int, delivered: Delivered | None
    ) -> None:
        self._answered += 1
        self._answered_bytes += size
        if delivered is not None:
            delivered(Position(topic, taken.partition, taken.offset))

    def _lose(self, error: BaseException, size: int) -> None:
        self._answered += 1
        self._answered_bytes += size
        self._failed += 1
        self._failure = self._failure or error

    def _check(self) -> None:
        if self._failure is not None:
            raise self._undelivered(str(self._failure)) from self._failure

    def _undelivered(self, cause: str) -> Undelivered:
        missing = self._sent - self._answered + self._failed
        return Undelivered(
            f"{missing} of {self._sent} records were not acknowledged ({cause}): "
            "look after the broker, then send them again"
        )
