"""What Kafka says of transactions, and the markers that end them in a partition."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import (
    AuthorizationError,
    KafkaError,
    NoError,
    TransactionalIdNotFoundError,
    UnsupportedVersionError,
    for_code,
)
from kafka.protocol.producer.transaction import WriteTxnMarkersRequest

from pipeline.runtime.faults import Indefinite, Stop
from pipeline.runtime.kafka.client import Timeouts, connection
from pipeline.runtime.log import LOG

NOT_TOLD = (AuthorizationError, UnsupportedVersionError)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the coordinator says of a transactional id.

    Args:
        producer_id: Kafka's number for it.
        epoch: How often it was taken.
        state: `Empty`, `Ongoing`, `CompleteCommit`, `CompleteAbort` ...
    """

    producer_id: int
    epoch: int
    state: str


@dataclass(frozen=True, slots=True)
class Open:
    """A transaction without its end, in one partition.

    Args:
        at: The partition.
        leader: Number of the broker that leads it.
        coordinator_epoch: Of the last marker there.
    """

    at: TopicPartition
    leader: int
    coordinator_epoch: int

    def __str__(self) -> str:
        """Name the partition."""
        return f"{self.at.topic}-{self.at.partition}"


class Markers:
    """Asks for what is open, and ends it.

    Args:
        bootstrap_servers: `host:port,...`.
        client_id: How Kafka's logs call us.
        timeouts: Limits.

    Raises:
        Indefinite: by each method: Kafka does not answer yet.
    """

    def __init__(
        self, bootstrap_servers: str, client_id: str, timeouts: Timeouts
    ) -> None:
        self._client: Any = _ask(
            lambda: _Admin(
                request_timeout_ms=timeouts.request_ms,
                bootstrap_timeout_ms=timeouts.request_ms,
                **connection(bootstrap_servers, client_id),
            )
        )

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    def standing(self, transactional_id: str) -> Standing | None:
        """How an id stands; None if Kafka does not know it, or does not tell."""
        try:
            told = _ask(lambda: self._client.describe_transactions([transactional_id]))
        except TransactionalIdNotFoundError:
            return None
        except NOT_TOLD as error:
            LOG.warning("Kafka does not tell of transactions (%r)", error)
            return None
        found = told[transactional_id]
        return Standing(found.producer_id, found.producer_epoch, found.state.value)

    def open(self, producer_id: int, topics: Collection[str]) -> Iterator[Open]:
        """Where a producer's transaction has no end; topics by their full names."""
        for leader, partitions in self._by_leader(topics).items():
            for at, producers in self._producers(leader, partitions).items():
                for each in producers.active_producers:
                    started = each.current_transaction_start_offset >= 0
                    if each.producer_id == producer_id and started:
                        yield Open(at, leader, each.coordinator_epoch)

    def _by_leader(self, topics: Collection[str]) -> dict[int, list[TopicPartition]]:
        found = defaultdict(list)
        for topic in _ask(self._client.describe_topics):
            if topic["name"] not in topics:
                continue
            for partition in topic["partitions"]:
                at = TopicPartition(topic["name"], partition["partition_index"])
                if partition["leader_id"] < 0:
                    raise Indefinite(f"{at.topic}-{at.partition} has no leader")
                found[partition["leader_id"]].append(at)
        return found

    def _producers(self, leader: int, partitions: list[TopicPartition]) -> Any:
        try:
            return _ask(
                lambda: self._client.describe_producers(partitions, broker_id=leader)
            )
        except NOT_TOLD as error:
            LOG.warning("Kafka does not tell of open transactions (%r)", error)
            return {}

    def write(
        self, end_of: Open, producer_id: int, epoch: int, *, commit: bool
    ) -> None:
        """Write a marker; the broker refuses one of an epoch that is past.

        Raises:
            Stop: we may not.
        """
        marker = WriteTxnMarkersRequest.WritableTxnMarker
        topic = marker.WritableTxnMarkerTopic
        at = end_of.at
        request = WriteTxnMarkersRequest(
            markers=[
                marker(
                    producer_id=producer_id,
                    producer_epoch=epoch,
                    transaction_result=commit,
                    topics=[topic(name=at.topic, partition_indexes=[at.partition])],
                    coordinator_epoch=max(0, end_of.coordinator_epoch),
                )
            ]
        )
        run = self._client._manager.run
        try:
            _ask(lambda: run(self._send, request, end_of.leader))
        except NOT_TOLD as error:
            raise Stop(
                f"Kafka left a transaction open in {end_of} and does not let us end it "
                f"({error!r}): allow this user ALTER on the cluster"
            ) from error

    async def _send(self, request: Any, leader: int) -> None:
        answer = await self._client._manager.send(request, node_id=leader)
        for marker in answer.markers:
            for topic in marker.topics:
                for partition in topic.partitions:
                    error = for_code(partition.error_code)
                    if error is not NoError:
                        raise error()


class _Admin(KafkaAdminClient):  # type: ignore[misc]  # untyped base class
    """One that leaves no thread behind when it finds no Kafka."""

    def __init__(self, **settings: Any) -> None:
        try:
            super().__init__(**settings)
        except KafkaError:
            self._client.close()
            raise


def _ask(call: Callable[[], Any]) -> Any:
    """Call the client; what cannot become better passes, all else is indefinite."""
    try:
        return call()
    except (*NOT_TOLD, TransactionalIdNotFoundError):
        raise
    except KafkaError as error:
        raise Indefinite(f"open transactions unknown: {error!r}") from error
