"""A topic as Kafka is asked for it: on how many nodes, and how many of them must do."""

from collections.abc import Mapping
from typing import Any

from pipeline.runtime.kafka.patience import patiently

COPIES = 3
NEEDED = "2"
"""Of three copies, so many must have a record before it is acknowledged."""


def copies_of(client: Any, replication: int) -> int:
    """How many copies a partition shall have.

    Args:
        client: For topics, of the client library.
        replication: So many; 0 is three, or one a node if there are fewer.

    Raises:
        NoKafka: Kafka does not say how many nodes there are.
    """
    if replication:
        return replication
    return min(COPIES, len(patiently(client.describe_cluster)["brokers"]))


def asked(partitions: int, copies: int, settings: Mapping[str, str]) -> dict[str, Any]:
    """What the client wants to be told of a topic that it shall make.

    Args:
        partitions: Number.
        copies: Of each partition.
        settings: As Kafka names them.
    """
    safe = {"min.insync.replicas": NEEDED} if copies >= COPIES else {}
    return {
        "num_partitions": partitions,
        "replication_factor": copies,
        "configs": {**settings, **safe},
    }
