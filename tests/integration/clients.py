"""What tests of the client share."""

import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from kafka import KafkaAdminClient


def make_topics(servers: str, names: Sequence[str], partitions: int) -> None:
    """Create topics of one copy."""
    wanted = {"num_partitions": partitions, "replication_factor": 1}
    admin: Any = KafkaAdminClient(bootstrap_servers=servers)
    admin.create_topics(dict.fromkeys(names, wanted), wait_for_metadata=True)
    admin.close()


def new_topics(servers: str, count: int) -> list[str]:
    """Create topics of four partitions; their names."""
    names = [f"facts.{uuid4().hex[:8]}" for _ in range(count)]
    make_topics(servers, names, partitions=4)
    return names


def poll_until(poll: Callable[[], object], true: Callable[[], bool]) -> None:
    """Poll until something has come about."""
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        poll()
