"""One function for `make run`, tests and CI alike: find a Kafka, or start one."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.runtime.broker.node import LocalKafka


@contextmanager
def find_or_start(*, progress: Callable[[str], None] | None = None) -> Iterator[str]:
    """Yield bootstrap servers: `KAFKA_BOOTSTRAP_SERVERS`, else of a Kafka of our own.

    Our own one is fresh, empty and gone at the end, so that no two runs see each
    other; a Kafka that `kairec kafka start` left running is therefore not used.

    Args:
        progress: Told in a few words what takes time.

    Raises:
        BrokerError: There is none and none can be started.
    """
    servers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if servers:
        yield servers
        return
    with LocalKafka(progress=progress) as kafka:
        yield kafka.bootstrap_servers
