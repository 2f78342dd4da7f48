"""A deployment of a benchmark's own: topics, workers to be killed, a load."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.apps.bench.load import nth_click, steadily
from pipeline.apps.bench.processes import LIMIT_S, Process, Workers
from pipeline.apps.errors import AppError
from pipeline.runtime.kafka.admin import Lag
from pipeline.runtime.kafka.cluster import Cluster
from pipeline.runtime.kafka.plain import Producer
from pipeline.stage import WorkerSpec
from topics import codec
from topics.spec import Names

POLL_S = 0.02
SETTLE_S = 0.2
"""What a dead worker had asked for is done by then; none has started in so short."""


class Deployment:
    """Topics and workers that are gone at the end; a context manager.

    Args:
        servers: Kafka.
        prefix: Of its names.
        home: Folder for announcements and logs.
        partitions: Of each topic.
        specs: All workers.
    """

    def __init__(
        self,
        servers: str,
        prefix: str,
        home: Path,
        partitions: int,
        specs: Mapping[str, WorkerSpec],
    ) -> None:
        self.servers = servers
        self.names = Names(prefix)
        self._home = home
        self._partitions = partitions
        self._specs = specs
        told = {"KAFKA_BOOTSTRAP_SERVERS": servers, "KAIREC_PREFIX": prefix}
        self._workers = Workers(home, told)
        self._sent = 0
        self._stack = ExitStack()
        self._kafka = self._stack.enter_context(Cluster(servers, self.names))
        self._kafka.create(partitions, 0)
        self._producer = Producer(servers, self.names, self._kafka.partitions())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._workers.end()
        self._producer.close()
        self._kafka.destroy(self._partitions, list(self._specs))
        self._stack.close()

    def start(self, worker: str, ordinal: int | None = 0) -> Process:
        """Start a worker; without an ordinal it has neither a name nor a past."""
        return self._workers.start(worker, ordinal)

    def send(self, count: int, users: int, items: int) -> None:
        """Send clicks, each later than the one before."""
        for _ in range(count):
            self._sent += 1
            event = nth_click(self._sent, users, items)
            key = str(event["user_id"])
            self._producer.send("events", key, codec.write(event))

    def load(self, per_second: int) -> AbstractContextManager[None]:
        """Send steadily while the block lasts."""
        return steadily(lambda count: self.send(count, 200, 300), per_second)

    def wait_until_drained(self, *workers: str) -> None:
        """Wait until these have read all there is, in the order of the flow."""
        self._producer.flush()
        for worker in workers:
            self._wait(
                lambda worker=worker: self._lag(worker) == 0,  # type: ignore[misc]  # bound now
                f"{worker} has caught up",
            )

    def first_commit_s(self, worker: str) -> float:
        """Seconds from now until a worker's group commits further than it has."""
        began = time.monotonic()
        time.sleep(SETTLE_S)
        self.wait_beyond(worker, self.read(worker))
        return time.monotonic() - began

    def wait_beyond(self, worker: str, at: int) -> None:
        """Wait until a worker's group has committed more than that."""
        self._wait(lambda: self.read(worker) > at, f"{worker} commits")

    def read(self, worker: str) -> int:
        """Sum of the offsets that a worker's group has committed."""
        return sum(self.committed(worker).values())

    def committed(self, worker: str) -> dict[int, int]:
        """By partition, the sum of its committed offsets over the topics."""
        found: Counter[int] = Counter()
        for lag in self._lags(worker):
            found[lag.partition] += lag.committed
        return found

    def _lag(self, worker: str) -> int:
        return sum(lag.records for lag in self._lags(worker))

    def _lags(self, worker: str) -> list[Lag]:
        inputs = [source.name for source in self._specs[worker].sources]
        return self._kafka.lag({worker: inputs})

    def _wait(self, true: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + LIMIT_S
        while not true():
            if time.monotonic() > deadline:
                raise AppError(
                    f"not within {LIMIT_S:.0f} s: {what}; see the logs in {self._home}"
                )
            time.sleep(POLL_S)
