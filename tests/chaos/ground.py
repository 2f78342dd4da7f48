"""Where the soak takes place: three nodes behind proxies, all workers, a load."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from kafka.errors import KafkaError

from pipeline.apps.bench.load import steadily
from pipeline.apps.bench.processes import Process, kill
from pipeline.runtime.broker.nodes import LocalCluster, distinct_ports
from pipeline.runtime.faults import Indefinite, NoKafka
from pipeline.runtime.kafka.cluster import Cluster
from tests.chaos.fleet import WORKERS, Fleet, wait_until
from tests.chaos.host import HostClock
from tests.chaos.roles import Roles
from tests.chaos.scaling import Name
from tests.proxy import Proxy

NODES = 3
TURN_S = 0.1
RECOVERY_LIMIT_S = 180.0


class Ground:
    """What faults are done to.

    Args:
        nodes: Kafka.
        proxies: Between the workers and each node.
        fleet: The deployment; its application sends past the proxies.
        chance: Decides what is hit.
        clock: What all workers take for the time.
    """

    def __init__(
        self,
        nodes: LocalCluster,
        proxies: list[Proxy],
        fleet: Fleet,
        chance: random.Random,
        clock: HostClock,
    ) -> None:
        self.nodes = nodes
        self.proxies = proxies
        self.fleet = fleet
        self.chance = chance
        self.clock = clock
        self.running: dict[Name, Process] = {}
        self.surprises: list[str] = []
        self.worker_kills = self.node_kills = 0
        self._sending = threading.Lock()

    # Workers ------------------------------------------------------------------------

    def start(self, name: Name, fail_at: str = "") -> Process:
        """Start a worker in the place of the one that had its name."""
        self.running[name] = self.fleet.start(*name, fail_at)
        return self.running[name]

    def kill(self, name: Name) -> None:
        """End a worker as `kill -9` does."""
        kill(self.running[name])
        self.worker_kills += 1

    def remove(self, name: Name) -> None:
        """End a worker for good."""
        kill(self.running.pop(name))
        self.worker_kills += 1

    def any_worker(self) -> Name:
        """One of them."""
        return self.chance.choice(sorted(self.running))

    def pids(self) -> list[tuple[str, int]]:
        """Kind and pid of each."""
        return [(name[0], process.pid) for name, process in list(self.running.items())]

    def tend(self) -> None:
        """Start again what has ended by itself, and remember that it did."""
        for name, process in self.running.items():
            if process.poll() is not None:
                worker = ".".join(map(str, name))
                self.surprises.append(f"{worker} ended with {process.returncode}")
                self.start(name)

    # Load ---------------------------------------------------------------------------

    def send(self, count: int, **how: int) -> None:
        """Send events; from any thread."""
        with self._sending:
            self.fleet.send(count, **how)

    def load(self, per_second: float) -> AbstractContextManager[None]:
        """Send steadily while the block lasts."""
        return steadily(self.send, per_second)

    # What has been reached ----------------------------------------------------------

    def wait_until_worked_off(self) -> float:
        """Wait until all that was sent so far has been worked off; seconds it took."""
        began = time.monotonic()
        self.fleet.flush()
        for name, spec in WORKERS.items():
            inputs = [source.name for source in spec.sources]
            ends = self._ask(name, inputs, lambda lag: lag.end)
            wait_until(
                lambda name=name, inputs=inputs, ends=ends: self._reached(  # type: ignore[misc]  # bound now
                    name, inputs, ends
                ),
                f"{name} has caught up",
                RECOVERY_LIMIT_S,
            )
        return time.monotonic() - began

    def _reached(self, name: str, inputs: list[str], ends: dict[Any, int]) -> bool:
        self.tend()
        committed = self._ask(name, inputs, lambda lag: lag.committed)
        return all(committed[at] >= end for at, end in ends.items())

    def _ask(
        self, name: str, inputs: list[str], what: Callable[[Any], int]
    ) -> dict[Any, int]:
        """A figure of each partition; Kafka may be away for a while."""
        deadline = time.monotonic() + RECOVERY_LIMIT_S
        while True:
            try:
                with Cluster(self.fleet.servers, self.fleet.names) as cluster:
                    lags = cluster.lag({name: inputs})
                return {(lag.topic, lag.partition): what(lag) for lag in lags}
            except (KafkaError, NoKafka, Indefinite):
                assert time.monotonic() < deadline, "Kafka does not come back"
            time.sleep(TURN_S)

    def wait_until_in_sync(self) -> None:
        """Wait until each partition has all its copies: one more node may die."""
        with Roles(self.nodes.bootstrap_servers) as roles:
            wait_until(roles.all_in_sync, "all copies are there", RECOVERY_LIMIT_S)


@contextmanager
def ground(folder: Path, seed: int) -> Iterator[Ground]:
    """Start everything, and end it."""
    ports = distinct_ports(2 * NODES)
    pairs = list(zip(ports[:NODES], ports[NODES:], strict=True))
    with ExitStack() as stack:
        nodes = stack.enter_context(LocalCluster(NODES, proxied=pairs))
        proxies = [stack.enter_context(Proxy(port, behind)) for behind, port in pairs]
        by_proxy = ",".join(proxy.servers for proxy in proxies)
        clock = HostClock(folder / "clock")
        settings = {"KAFKA_BOOTSTRAP_SERVERS": by_proxy, **clock.environment}
        fleet = stack.enter_context(Fleet(nodes.bootstrap_servers, folder, **settings))
        made = Ground(nodes, proxies, fleet, random.Random(seed), clock)
        for name in WORKERS:
            made.start((name, 0))
        yield made
