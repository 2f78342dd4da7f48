"""From settings to Kafka: what every command needs first."""

import os

from pipeline.runtime.kafka.client import Timeouts
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
