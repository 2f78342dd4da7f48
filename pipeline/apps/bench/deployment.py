"""A deployment of a benchmark's own: topics, workers to be killed, a load."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.apps.errors import AppError
from pipeline.runtime.command import worker_command
from pipeline.runtime.kafka.admin import Lag
from pipeline.runtime.kafka.cluster import Cluster
from pipeline.runtime.kafka.plain import Producer
from pipeline.stage import WorkerSpec
from topics import codec
from topics.spec import Names

LIMIT_S = 120.0
POLL_S = 0.02
SETTLE_S = 0.2
"""What a dead worker had asked for is done by then; none has started in so short."""
TURN_S = 0.05
FIRST_MS = 1_700_000_000_000
Process = subprocess.Popen[bytes]


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
        self._processes: list[Process] = []
        self._sent = 0
        self._stack = ExitStack()
        self._kafka = self._stack.enter_context(Cluster(servers, self.names))
        self._kafka.create(partitions, -1)
        self._producer = Producer(servers, self.names, self._kafka.partitions())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        self._producer.close()
        self._kafka.destroy(self._partitions, list(self._specs))
        self._stack.close()

    def start(self, worker: str, ordinal: int | None = 0) -> Process:
        """Start a worker; without an ordinal it has neither a name nor a past."""
        argv = list(worker_command(worker, ordinal or 0).argv)
        if ordinal is None:
            at = argv.index("--ordinal")
            del argv[at : at + 2]
        inherited = {k: v for k, v in os.environ.items() if k[:7] != "KAIREC_"}
        environment = {
            **inherited,
            "KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "KAIREC_PREFIX": self.names.prefix,
            "KAIREC_HOME": str(self._home),
        }
        with (self._home / f"{worker}.log").open("ab") as log:
            process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log)
        self._processes.append(process)
        return process

    def send(self, count: int, users: int, items: int) -> None:
        """Send clicks, each later than the one before."""
        for _ in range(count):
            self._sent += 1
            user_id = f"u{self._sent % users}"
            event = {
                "user_id": user_id,
                "item_id": f"i{self._sent * 7 % items}",
                "type": "click",
                "event_time_ms": FIRST_MS + self._sent * 20_000,
            }
            self._producer.send("events", user_id, codec.write(event))

    @contextmanager
    def load(self, per_second: int) -> Iterator[None]:
        """Send steadily while the block lasts."""
        ended = threading.Event()

        def work() -> None:
            while not ended.wait(TURN_S):
                self.send(max(1, round(per_second * TURN_S)), 200, 300)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

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
        self.wait_beyond(worker, self.committed(worker))
        return time.monotonic() - began

    def wait_beyond(self, worker: str, at: int) -> None:
        """Wait until a worker's group has committed more than that."""
        self._wait(lambda: self.committed(worker) > at, f"{worker} commits")

    def committed(self, worker: str) -> int:
        """Sum of the offsets that a worker's group has committed."""
        return sum(lag.committed for lag in self._lags(worker))

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


def terminate_s(process: Process) -> tuple[float, int]:
    """Ask a process to end; seconds until it was gone, and its exit code."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code = process.wait(LIMIT_S)
    return time.monotonic() - began, code


def kill(process: Process) -> None:
    """End it as `kill -9` does."""
    process.kill()
    process.wait()
