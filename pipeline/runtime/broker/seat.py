"""A node's place among those that together are one Kafka."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seat:
    """Which node it is, and where the others vote.

    Args:
        node_id: From 1.
        controllers: Port of each node's quorum on loopback, that of node 1 first.
        cluster_id: What the storage of all of them is formatted with; None: any.
    """

    node_id: int
    controllers: tuple[int, ...]
    cluster_id: str | None = None

    @property
    def port(self) -> int:
        """Where this node's own quorum listens."""
        return self.controllers[self.node_id - 1]

    @property
    def voters(self) -> str:
        """All nodes, as `controller.quorum.voters` wants them.

        >>> Seat(2, (7001, 7002)).voters
        '1@127.0.0.1:7001,2@127.0.0.1:7002'
        """
        ports = enumerate(self.controllers, start=1)
        return ",".join(f"{node}@127.0.0.1:{port}" for node, port in ports)

    @property
    def copies(self) -> int:
        """How many nodes hold each partition."""
        return min(3, len(self.controllers))

    @property
    def copies_needed(self) -> int:
        """How many must have a record before it counts: one of three may be away."""
        return max(1, self.copies - 1)
