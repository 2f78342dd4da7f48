"""From settings to Kafka: what every command needs first."""

import os
from collections.abc import Sequence

from pipeline.runtime.faults import BadTopics
from pipeline.runtime.kafka.client import Timeouts
from pipeline.runtime.kafka.cluster import Cluster
from pipeline.runtime.kafka.plain import Producer
from pipeline.runtime.kafka.tail import Reader
from pipeline.runtime.kafka.transport import KafkaTransport
from pipeline.settings import BadSettings, Settings
from topics.spec import Names


def bootstrap_servers() -> str:
    """Where Kafka is.

    Raises:
        BadSettings: the environment does not say.
    """
    servers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "")
    if not servers:
        raise BadSettings(
            "KAFKA_BOOTSTRAP_SERVERS is not set: set it to host:port of your Kafka, or "
            "start one with `kairec kafka start` and set what its last line says"
        )
    return servers


def names(settings: Settings) -> Names:
    """How topics and groups are called."""
    return Names(settings.prefix, settings.model_name)


def transport(settings: Settings, ordinal: int | None) -> KafkaTransport:
    """Kafka, for one worker."""
    return KafkaTransport(
        bootstrap_servers(),
        names(settings),
        ordinal,
        Timeouts(
            session_ms=settings.session_timeout_ms,
            transaction_ms=settings.transaction_timeout_ms,
            request_ms=settings.request_timeout_ms,
            delivery_ms=settings.delivery_timeout_ms,
            step_ms=settings.step_timeout_ms,
        ),
        settings.in_flight_bytes,
    )


def cluster(settings: Settings) -> Cluster:
    """Kafka, to be looked at.

    Raises:
        NoKafka: it does not answer.
    """
    return Cluster(bootstrap_servers(), names(settings))


def topic_partitions(settings: Settings) -> dict[str, int]:
    """Number of partitions by short name of each topic.

    Raises:
        NoKafka: Kafka does not answer.
        BadTopics: the deployment has no topics.
    """
    with cluster(settings) as kafka:
        found = kafka.partitions()
    if not found:
        raise BadTopics(
            f"no topic {names(settings).base}.* at {bootstrap_servers()}: run `kairec "
            "topics create`, or set KAIREC_PREFIX to what they begin with"
        )
    return found


def producer(settings: Settings) -> Producer:
    """An application's producer.

    Raises:
        NoKafka: Kafka does not answer.
        BadTopics: the deployment has no topics.
    """
    partitions = topic_partitions(settings)
    return Producer(bootstrap_servers(), names(settings), partitions)


def reader(settings: Settings, topics: Sequence[str]) -> Reader:
    """An application's reader of these topics (short names).

    Raises:
        NoKafka: Kafka does not answer.
        BadTopics: the deployment has no topics.
    """
    topic_partitions(settings)
    return Reader(bootstrap_servers(), names(settings), topics)
