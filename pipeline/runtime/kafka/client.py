"""Settings of kafka-python's clients, each set on purpose.

Importing this mends the client, which does not hand two of them on to the part of it
that asks about topics: that waited .1 s between two questions, twice while a worker is
restored, and had the broker make topics that are not there.
"""

import os
from dataclasses import dataclass
from typing import Any

from kafka.cluster import ClusterMetadata

RETRY_MS = 20

_SECURITY = (
    "security_protocol",
    "sasl_mechanism",
    "sasl_plain_username",
    "sasl_plain_password",
    "ssl_cafile",
    "ssl_certfile",
    "ssl_keyfile",
    "ssl_password",
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long each thing may take, milliseconds.

    Args:
        session_ms: Without a heartbeat for so long, a member is out of its group.
        transaction_ms: After so long the broker aborts an open transaction.
        request_ms: One request.
        delivery_ms: A record from `send` to its answer.
        step_ms: One step of a checkpoint (flush, offsets, commit).
        init_ms: Beginning anew with a transactional id.
    """

    session_ms: int = 10_000
    transaction_ms: int = 12_000
    request_ms: int = 5_000
    delivery_ms: int = 8_000
    step_ms: int = 10_000
    init_ms: int = 15_000


def connection(bootstrap_servers: str, client_id: str) -> dict[str, Any]:
    """Settings that every client shares; security comes from `KAFKA_*` variables."""
    security = {
        name: os.environ[f"KAFKA_{name.upper()}"]
        for name in _SECURITY
        if f"KAFKA_{name.upper()}" in os.environ
    }
    return {
        "bootstrap_servers": bootstrap_servers.split(","),
        "client_id": client_id,
        "retry_backoff_ms": RETRY_MS,
        "reconnect_backoff_ms": 20,
        # The default of 30 s keeps a client away from a broker that is back.
        "reconnect_backoff_max_ms": 500,
        **security,
    }


def consumer_settings(timeouts: Timeouts) -> dict[str, Any]:
    """Settings of every consumer of ours; values stay bytes, we decode ourselves."""
    return {
        "enable_auto_commit": False,
        "isolation_level": "read_committed",
        "auto_offset_reset": "earliest",
        "request_timeout_ms": timeouts.request_ms,
        "fetch_max_wait_ms": 250,
        "fetch_max_bytes": 16 << 20,
        "max_partition_fetch_bytes": 2 << 20,
        "allow_auto_create_topics": False,
        "metadata_max_age_ms": 30_000,
        "metrics_enabled": False,
    }


def producer_settings(timeouts: Timeouts) -> dict[str, Any]:
    """Settings of the transactional producer."""
    return {
        "acks": "all",
        "enable_idempotence": True,
        "transaction_timeout_ms": timeouts.transaction_ms,
        "request_timeout_ms": timeouts.request_ms,
        # The default keeps a producer, and with it the loop, waiting for 30 s.
        "bootstrap_timeout_ms": timeouts.request_ms,
        "delivery_timeout_ms": timeouts.delivery_ms,
        "max_block_ms": timeouts.init_ms,
        "linger_ms": 2,
        "batch_size": 256 << 10,
        # A dead letter holds an original of 1 MiB beside its headers.
        "max_request_size": 4 << 20,
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
    }


ClusterMetadata.DEFAULT_CONFIG |= {
    "retry_backoff_ms": RETRY_MS,
    "allow_auto_create_topics": False,
}
