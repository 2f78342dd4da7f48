"""A topic as Kafka is asked for it: on how many nodes, and how many of them must do."""

from collections.abc import Mapping
from typing import Any

COPIES = 3
NEEDED = "2"
"""Of three copies, so many must have a record before it is acknowledged."""


def asked(
    client: Any, partitions: int, replication: int, settings: Mapping[str, str]
) -> dict[str, Any]:
    """What the client wants to be told of a topic that it shall make.

    Args:
        client: For topics, of the client library.
        partitions: Number.
        replication: Copies of each partition; 0 is three, or one a node if there are
            fewer.
        settings: As Kafka names them.
    """
    copies = replication or min(COPIES, len(client.describe_cluster()["brokers"]))
    safe = {"min.insync.replicas": NEEDED} if copies >= COPIES else {}
    return {
        "num_partitions": partitions,
        "replication_factor": copies,
        "configs": {**settings, **safe},
    }
