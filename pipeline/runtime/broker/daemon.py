"""Kafka in the background: what `kairec kafka start`, `stop` and `status` do.

There is no pid file, hence no stale one: our Kafka is the Java whose command line
ends with our settings file, whoever started it and whatever was killed since.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.runtime.broker.errors import BrokerError
from pipeline.runtime.broker.filelock import file_lock
from pipeline.runtime.broker.found import FoundNode, found_nodes
from pipeline.runtime.broker.home import home
from pipeline.runtime.broker.node import LocalKafka
from pipeline.runtime.broker.nodes import LocalCluster, distinct_ports
from pipeline.runtime.broker.ports import is_free
from pipeline.runtime.broker.probe import answers
from pipeline.runtime.broker.readiness import wait_until_answering

DEFAULT_PORT = 9092


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the background Kafka.

    Attributes:
        bootstrap_servers: Its address; None when it does not run.
        pids: Process ids of its nodes that run; none when it does not.
        ready: Whether all of these answer.
        folder: Its settings, log and data, which `stop` keeps.
        nodes: How many nodes it has, also those that do not run.
    """

    bootstrap_servers: str | None
    pids: tuple[int, ...]
    ready: bool
    folder: Path
    nodes: int = 1

    @property
    def pid(self) -> int | None:
        """Process id of the first node that runs."""
        return self.pids[0] if self.pids else None


def start(
    port: int | None = None,
    nodes: int = 1,
    *,
    progress: Callable[[str], None] | None = None,
) -> str:
    """Start Kafka so that it outlives this process; return the bootstrap servers.

    If it runs already, nothing changes but that dead nodes are started again.

    Args:
        port: Where clients connect; without it 9092, or if that is taken a free one.
            Further nodes listen on the ports above it.
        nodes: How many.
        progress: Told in a few words what takes time, or that it runs already.

    Raises:
        BrokerError: It cannot start, or runs already on another port or otherwise.
    """
    tell = progress or (lambda _: None)
    with file_lock(_lock(), lambda: tell("waiting for another start or stop")):
        running = found_nodes()
        if not running:
            return _start_new(port, nodes, tell)
        servers = [node.address for node in running]
        if running[0].nodes != nodes:
            raise BrokerError(
                f"Kafka runs already, with {running[0].nodes} nodes: stop it first"
            )
        first = int(running[0].addresses[0].rpartition(":")[2])
        if port not in (None, first):
            raise BrokerError(f"Kafka runs already, on {servers[0]}: stop it first")
        tell(f"Kafka runs already, on {','.join(servers)}")
        for node in running:
            wait_until_answering(node.process, node.port, node.folder / "kafka.log")
        if len(running) < nodes:
            _start_again(running, tell)
        return ",".join(running[0].addresses)


def stop() -> bool:
    """Stop the background Kafka and keep its data; tell whether there was one."""
    with file_lock(_lock(), lambda: None):
        running = found_nodes()
        for node in running:
            node.process.ask_to_stop()  # All first: the last one votes for nobody.
        for node in running:
            node.process.stop()
    return bool(running)


def status() -> Status:
    """Look, without changing anything."""
    running = found_nodes()
    if not running:
        return Status(None, (), ready=False, folder=_folder(1))
    return Status(
        ",".join(running[0].addresses),
        tuple(node.process.pid for node in running),
        all(answers(node.host, node.port) for node in running),
        _folder(running[0].nodes),
        running[0].nodes,
    )


def _start_new(port: int | None, nodes: int, tell: Callable[[str], None]) -> str:
    folder = _folder(nodes)
    first = port or (DEFAULT_PORT if is_free(DEFAULT_PORT) else None)
    if nodes == 1:
        return LocalKafka(folder, first, owned=False, progress=tell).start()
    ports = distinct_ports(2 * nodes)
    if first is not None:
        above = range(first, first + nodes)
        if port or all(is_free(each) for each in above):
            ports[:nodes] = above
    cluster = LocalCluster(nodes, folder, ports, owned=False, progress=tell)
    try:
        return cluster.start()
    except BaseException:
        cluster.stop()
        raise


def _start_again(running: list[FoundNode], tell: Callable[[str], None]) -> None:
    """Start the nodes that have died, beside those that run."""
    nodes, alive = running[0].nodes, {node.number for node in running}
    ports = [int(a.rpartition(":")[2]) for a in running[0].addresses]
    ports += running[0].controllers
    cluster = LocalCluster(nodes, _folder(nodes), ports, owned=False, progress=tell)
    for number in set(cluster.nodes) - alive:
        tell(f"starting node {number} again")
        cluster.start(number)


def _folder(nodes: int) -> Path:
    return home() / ("kafka" if nodes == 1 else f"kafka-{nodes}")


def _lock() -> Path:
    return home() / "kafka" / "lock"
