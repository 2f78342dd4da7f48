"""Several Apache Kafka nodes on loopback that are one Kafka: any of them may die.

Each is broker and controller at once. Of three, each partition has a copy on all, and
two must have a record before it counts.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.runtime.broker.node import LocalKafka
from pipeline.runtime.broker.ports import HOST, free_port
from pipeline.runtime.broker.seat import Seat
from pipeline.runtime.broker.storage import new_cluster_id


class LocalCluster:
    """Kafka nodes that can be killed, paused and started again, one by one.

    As a context manager they start on entry and stop at the end. Nodes are numbered
    from 1.

    Args:
        nodes: How many.
        folder: Keeps settings, logs and data, a folder for each node. Without it:
            temporary ones, which live until `stop`.
        ports: Where clients connect, then where the nodes' quorum listens, in the order
            of the nodes. Without them: free ones.
        owned: Whether Kafka ends with this process, even if that is killed.
        proxied: Of each node the port to listen on behind a proxy, and the proxy's own.
        progress: Told in a few words what takes time.
    """

    def __init__(
        self,
        nodes: int = 3,
        folder: Path | None = None,
        ports: Sequence[int] | None = None,
        *,
        owned: bool = True,
        proxied: Sequence[tuple[int, int]] | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        ports = ports or distinct_ports(2 * nodes)
        self._ports, cluster_id = ports[:nodes], new_cluster_id()
        self._nodes = {
            number: LocalKafka(
                node_folder(folder, number) if folder else None,
                ports[number - 1],
                owned=owned,
                proxied=proxied[number - 1] if proxied else None,
                seat=Seat(number, tuple(ports[nodes:]), cluster_id),
                progress=progress if number == 1 else None,
            )
            for number in range(1, nodes + 1)
        }

    @property
    def bootstrap_servers(self) -> str:
        """What clients connect to: every node, also those that are down."""
        return ",".join(f"{HOST}:{port}" for port in self._ports)

    @property
    def nodes(self) -> tuple[int, ...]:
        """Their numbers."""
        return tuple(self._nodes)

    def node(self, number: int) -> LocalKafka:
        """One of them."""
        return self._nodes[number]

    def start(self, number: int | None = None) -> str:
        """Start one node, or all that do not run; return the bootstrap servers.

        Raises:
            BrokerError: One cannot start, for the reason given.
        """
        # At once: none of them answers before most of them run.
        self._each(LocalKafka.start, number)
        return self.bootstrap_servers

    def stop(self) -> None:
        """Shut all down, by force if that takes long; drop temporary data."""
        self._each(LocalKafka.stop, None)

    def kill(self, number: int) -> None:
        """End a node as `kill -9` does; its data stay for the next `start`."""
        self._nodes[number].kill()

    def pause(self, number: int) -> None:
        """Let a node stand still, as SIGSTOP does."""
        self._nodes[number].pause()

    def resume(self, number: int) -> None:
        """Let it go on."""
        self._nodes[number].resume()

    def _each(self, do: Callable[[LocalKafka], object], number: int | None) -> None:
        """Do it to one node, or to all at once; raise what the first of them raised."""
        chosen = self._nodes.values() if number is None else [self._nodes[number]]
        with ThreadPoolExecutor(len(self._nodes)) as pool:
            for done in [pool.submit(do, node) for node in chosen]:
                done.result()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def node_folder(folder: Path, number: int) -> Path:
    """Where a node keeps its settings, log and data."""
    return folder / f"node{number}"


def distinct_ports(count: int) -> list[int]:
    """So many free ports."""
    found: dict[int, None] = {}
    while len(found) < count:
        found[free_port()] = None
    return list(found)
