"""Which node of a Kafka does what at this moment: whom to kill, to hit what matters."""

import contextlib
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

PATIENCE_S = 20.0
GROUP, TRANSACTION = 0, 1
T = TypeVar("T")


class Roles:
    """Asks a Kafka for its leaders; a context manager.

    Args:
        servers: Its nodes, `host:port,...`.
    """

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._admin: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def controller(self) -> int:
        """The node that leads the quorum."""

        def ask(admin: Any) -> int:
            [topic] = admin.describe_metadata_quorum()["topics"]
            return int(topic["partitions"][0]["leader_id"])

        return self._ask(ask)

    def leader(self, topic: str, partition: int) -> int:
        """The node that takes the records of a partition."""

        def ask(admin: Any) -> int:
            partitions = admin.describe_topics([topic])[0]["partitions"]
            return next(
                int(each["leader_id"])
                for each in partitions
                if each["partition_index"] == partition
            )

        return self._ask(ask)

    def group_coordinator(self, group: str) -> int:
        """The node that keeps the offsets of a group."""
        return self._ask(lambda admin: _coordinator(admin, group, GROUP))

    def transaction_coordinator(self, transactional_id: str) -> int:
        """The node that begins and ends the transactions of an id."""
        return self._ask(
            lambda admin: _coordinator(admin, transactional_id, TRANSACTION)
        )

    def all_in_sync(self) -> bool:
        """Whether each partition has all its copies."""

        def ask(admin: Any) -> bool:
            return all(
                set(each["isr_nodes"]) == set(each["replica_nodes"])
                for topic in admin.describe_topics()
                for each in topic["partitions"]
            )

        return self._ask(ask)

    def _ask(self, question: Callable[[Any], T]) -> T:
        """Ask with a new client if the old one knows dead nodes only."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                if self._admin is None:
                    self._admin = KafkaAdminClient(
                        bootstrap_servers=self._servers.split(","),
                        request_timeout_ms=3_000,
                    )
                answer = question(self._admin)
                if not isinstance(answer, int) or answer >= 0:  # -1: none, for now
                    return answer
            except KafkaError:
                self._close()
            assert time.monotonic() < deadline, "Kafka does not tell of its roles"
            time.sleep(0.1)

    def _close(self) -> None:
        if self._admin is not None:
            with contextlib.suppress(KafkaError):
                self._admin.close()
            self._admin = None


def _coordinator(admin: Any, key: str, kind: int) -> int:
    # The client keeps what it was told once; a coordinator that moved would be missed.
    admin._manager.cluster._coordinators.clear()
    found = admin._manager.run(admin._find_coordinator_ids, [key], kind)
    return int(found[key])
