"""Real worker processes on a real Kafka, started and killed by tests."""

import gc
import subprocess
import sys
import time
import uuid
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer

from pipeline.apps.bench.load import nth_click
from pipeline.apps.bench.processes import Process, Workers
from pipeline.apps.verify import Verdict, verify
from pipeline.apps.verify_rules import Dropped
from pipeline.runtime.kafka.cluster import Cluster
from pipeline.runtime.kafka.whole import WholeTopics
from pipeline.settings import Settings
from pipeline.stage import WorkerSpec
from pipeline.topology import workers
from tests.chaos.oracle import Account, Place, audit
from topics import codec
from topics.partitioning import partition_of
from topics.spec import Names

WORKERS: Mapping[str, WorkerSpec] = workers(Settings())
PARTITIONS = 4
PATIENCE_S = 90.0


def wait_until(
    true: Callable[[], bool], what: str, limit_s: float = PATIENCE_S
) -> None:
    """Wait for something that will be so soon."""
    deadline = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline, f"not within {limit_s} s: {what}"
        time.sleep(0.1)


class Fleet:
    """A deployment of a test's own; what is left of it ends with the block.

    Args:
        servers: Kafka.
        home: Folder for announcements and logs.
        settings: Of the workers, by name of the environment variable.
    """

    def __init__(self, servers: str, home: Path, **settings: str) -> None:
        self.servers = servers
        self.names = Names(f"chaos{uuid.uuid4().hex[:8]}")
        self.home = home
        told = {
            "KAFKA_BOOTSTRAP_SERVERS": servers,
            "KAIREC_PREFIX": self.names.prefix,
            "KAIREC_PARTITIONS": str(PARTITIONS),
            "KAIREC_SESSION_TIMEOUT_MS": "6000",
            "KAIREC_TRANSACTION_TIMEOUT_MS": "8000",
        }
        self._workers = Workers(home, told | settings)
        self._sent = 0
        self._answers: list[tuple[str, Any]] = []
        self._producer: Any = KafkaProducer(bootstrap_servers=servers, acks="all")
        self.create_topics()

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
        with warnings.catch_warnings():
            # The client leaves sockets whose connection was refused to the collector.
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
        if error is not None:
            for name, end in self.ends_of_logs():
                error.add_note(f"{name}: {end}")

    def ends_of_logs(self) -> list[tuple[str, str]]:
        """What each worker said last, by the name of its log."""
        logs = sorted(self.home.glob("*.log"))
        return [(log.name, log.read_text()[-3_000:]) for log in logs]

    def create_topics(self) -> None:
        """Create those that are missing."""
        with Cluster(self.servers, self.names) as cluster:
            cluster.create(PARTITIONS, 0)  # As many copies as the nodes allow.

    def start(
        self, worker: str, ordinal: int | None = 0, fail_at: str = "", **more: str
    ) -> Process:
        """Start a worker; without an ordinal it is a dynamic member."""
        return self._workers.start(worker, ordinal, KAIREC_FAIL_AT=fail_at, **more)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a command of `kairec` to its end; its exit code and what it printed."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "pipeline", *arguments],
            env=self._workers.surroundings(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def log_of(self, worker: str, ordinal: int | None = 0) -> str:
        """What the workers of this name have logged."""
        return self._workers.log(worker, ordinal).read_text()

    def send(self, count: int, users: int = 40, items: int = 60) -> None:
        """Send events; each of a user is later than the one before."""
        for _ in range(count):
            self._sent += 1
            event = nth_click(self._sent, users, items)
            event["event_id"] = f"e{self._sent}"
            self.send_raw("events", str(event["user_id"]), codec.write(event))

    def send_raw(
        self, topic: str, key: str | None, value: bytes | None, **at: Any
    ) -> Any:
        """Send any bytes to where their key belongs, unless said otherwise."""
        if key is not None:
            at.setdefault("partition", partition_of(key, PARTITIONS))
        answer = self._producer.send(
            self.names.topic(topic),
            key=None if key is None else key.encode(),
            value=value,
            **at,
        )
        self._answers.append((topic, answer))
        return answer

    @property
    def sent(self) -> int:
        """How many records were sent."""
        return len(self._answers)

    def flush(self) -> None:
        """Wait until all that was sent is acknowledged."""
        self._producer.flush()

    def wait_until_drained(self, *names: str) -> None:
        """Wait until these workers have read all there is, downstream order."""
        self.flush()
        with Cluster(self.servers, self.names) as cluster:
            for name in names or WORKERS:
                inputs = [spec.name for spec in WORKERS[name].sources]
                wait_until(
                    lambda name=name, inputs=inputs: (
                        not any(  # type: ignore[misc]  # bound now
                            lag.records for lag in cluster.lag({name: inputs})
                        )
                    ),
                    f"{name} has caught up",
                )

    def assert_each_event_counts_once(self) -> None:
        """Wait until all workers have read all there is; then look at the topics."""
        self.wait_until_drained()
        assert self.audit() == Account()
        verdict = self.verdict()
        assert verdict.accepted == verdict.learnt == verdict.topics["events"].count

    def verdict(self) -> Verdict:
        """What `kairec verify` says of all topics."""
        with WholeTopics(self.servers, self.names) as whole:
            return verify(whole.read, {}, Dropped())

    def audit(self) -> Account:
        """What the topics alone tell of all that was acknowledged."""
        return audit(self.servers, self.names.prefix, self.acked())

    def acked(self) -> list[Place]:
        """Where all that was sent stands, as Kafka has acknowledged it."""
        return [(t, a.value.partition, a.value.offset) for t, a in self._answers]

    def members(self, worker: str) -> int:
        """Members of a worker's group, as the broker counts them."""
        with Cluster(self.servers, self.names) as cluster:
            [group] = cluster.groups([worker])
        return len(group.members) if group.state == "Stable" else -1
