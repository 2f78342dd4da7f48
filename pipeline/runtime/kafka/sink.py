"""The transactional producer, each call with a limit.

Two facts about the client force what stands here. A batch that expires inside a
transaction fails its futures, yet `flush` returns and the commit succeeds: so every
future is kept and checked before the offsets are sent. And transaction calls may wait
for ever: so we wait for their pending results ourselves, with a limit.

A fact about Kafka forces `Gate` and `Leftovers`: a broker that was killed may have
forgotten to end a transaction in a partition.
"""

import gc
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from kafka import KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.errors import FencedInstanceIdError, KafkaError

from pipeline.runtime.faults import Fenced, Indefinite
from pipeline.runtime.kafka.client import Timeouts, connection, producer_settings
from pipeline.runtime.kafka.gate import Gate
from pipeline.runtime.kafka.leftovers import Leftovers
from pipeline.runtime.kafka.records import SAME_IDENTITY
from pipeline.runtime.transport import Offsets, Send


class KafkaSink:
    """Sends within transactions.

    Args:
        bootstrap_servers: `host:port,...`.
        transactional_id: The same for the whole life of the worker.
        topics: Full names by short name, dead-letter topics included.
        timeouts: Limits.
        in_flight_bytes: Above so many unanswered bytes `send` waits.
        partitions: How many each topic has, by short name; noted with its offsets, so
            that `KafkaSource.committed` can tell if they became more.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        transactional_id: str,
        topics: Mapping[str, str],
        *,
        timeouts: Timeouts,
        in_flight_bytes: int,
        partitions: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._id = transactional_id
        self._topics = topics
        self._timeouts = timeouts
        self._in_flight_bytes = in_flight_bytes
        self._partitions = partitions
        self._producer: Any = None
        self._gate = Gate()
        self._futures: list[Any] = []
        self._bytes = 0

    def begin(self) -> None:
        """Begin a transaction; the broker hears of it with the first record."""
        self._futures, self._bytes = [], 0
        if self._gate.is_shut:
            raise Indefinite("a connection was lost since the last commit")
        self._try(self._producer.begin_transaction)

    def send(self, record: Send) -> None:
        """Send; beyond the limit of bytes in flight wait for the answers first."""
        if self._bytes > self._in_flight_bytes:
            self.flush()
        self._bytes += record.size
        key = record.key
        if key is None and record.value is None:
            key = b""  # The client refuses a record that has neither.
        self._futures.append(
            self._try(
                lambda: self._producer.send(
                    self._topics[record.topic],
                    value=record.value,
                    key=key,
                    headers=list(record.headers),
                    partition=record.partition,
                )
            )
        )

    def flush(self) -> None:
        """Wait for the answers, and look at each."""
        self._try(lambda: self._producer.flush(timeout=self._timeouts.step_ms / 1000))
        for future in self._futures:
            if not future.succeeded():
                self._fail(future.exception or KafkaError("a send was not answered"))
        self._futures, self._bytes = [], 0

    def send_offsets(self, offsets: Offsets, membership: object) -> None:
        """Put next offsets into the transaction, fenced by the group's generation."""
        if getattr(membership, "generation_id", -1) < 0:
            # The broker does not fence a commit without a generation.
            raise Indefinite("not a member of the group any more")
        wanted = {
            TopicPartition(self._topics[topic], partition): OffsetAndMetadata(
                offset, str(self._partitions.get(topic, "")), -1
            )
            for (topic, partition), offset in offsets.items()
        }
        manager = self._producer._transaction_manager
        self._wait(lambda: manager.send_offsets_to_transaction(wanted, membership))

    def commit(self) -> None:
        """Commit."""
        self._gate.commit_begins()
        self._wait(self._producer._transaction_manager.begin_commit)
        self._gate.committed()

    def reset(self) -> None:
        """Take a new producer; `init_transactions` ends what was pending before."""
        committed_epoch = self._gate.committed_epoch
        self.close()
        with Leftovers(
            self._bootstrap_servers, self._id, self._topics.values(), self._timeouts
        ) as leftovers:
            leftovers.commit(committed_epoch)
            self._producer = self._try(
                lambda: KafkaProducer(
                    transactional_id=self._id,
                    **producer_settings(self._timeouts),
                    **connection(self._bootstrap_servers, self._id),
                )
            )
            self._try(self._producer.init_transactions)
            taken = self._producer._transaction_manager.producer_id_and_epoch
            leftovers.abort(taken.producer_id, taken.epoch)
        self._gate = Gate(self._producer)
        # The client's parts refer to each other, and the collector looks rarely: what
        # an outage leaves, a producer for each attempt, would stay for good.
        gc.collect()

    def close(self) -> None:
        """Drop the producer without waiting for what is in flight."""
        if self._producer is None:
            return
        producer, self._producer = self._producer, None
        producer._sender.force_close()
        try:
            producer.close(timeout=1)
        except KafkaError:
            return  # Its flush may time out; the sender thread ends by itself.

    def _wait(self, call: Callable[[], Any]) -> None:
        """Make a transaction call and wait for its pending result with a limit."""
        result = self._try(call)
        self._producer._sender.wakeup()
        if not self._try(lambda: result.wait(self._timeouts.step_ms)):
            raise Indefinite(f"no answer within {self._timeouts.step_ms} ms")

    def _try(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except KafkaError as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        root = _root(error)
        # The group alone says who has an identity. A producer is fenced by a broker
        # that aborted its transaction, too, and two that start at the same moment
        # would fence each other, one in the group and one here.
        if isinstance(root, FencedInstanceIdError):
            raise Fenced(SAME_IDENTITY) from error
        raise Indefinite(f"{root!r}") from error


def _root(error: BaseException) -> BaseException:
    """The first cause: the client wraps the broker's answer in errors of its own."""
    for arg in error.args:
        if isinstance(arg, BaseException):
            return _root(arg)
    return _root(error.__cause__) if error.__cause__ is not None else error
