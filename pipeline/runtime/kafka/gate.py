"""Nothing is sent while it is not certain how the transaction before ended.

Kafka says that a transaction is committed before all its partitions know; one that
forgets (see `leftovers`) does so because a broker went away meanwhile. The next
transaction waits for the end of the one before; so if all connections that were there
when a commit began are still there when the first record may go out, all went well.
If one was lost, records would join what was left open, and share its fate.
"""

from typing import Any

from kafka.errors import KafkaError


class Gate:
    """Between the records of a producer and the network.

    Args:
        producer: Of the client; None: there is none yet, and nothing to hold.
    """

    def __init__(self, producer: Any = None) -> None:
        self._outlast: dict[Any, Any] = {}
        self._opened = True
        self._epoch = -1
        if producer is not None:
            self._connections = producer._sender._client._manager._conns
            self._manager = producer._transaction_manager
            self._may_send = self._manager.is_send_to_partition_allowed
            self._manager.is_send_to_partition_allowed = self._is_open_for

    @property
    def committed_epoch(self) -> int | None:
        """Epoch in which nothing was sent since a commit; None: something was."""
        return None if self._opened else self._epoch

    @property
    def is_shut(self) -> bool:
        """Whether what is sent now would be held back."""
        return not self._opened and self._is_disturbed()

    def commit_begins(self) -> None:
        """Note the connections that must outlast the commit."""
        there = dict(self._connections)
        self._outlast = {n: c for n, c in there.items() if c.connected}

    def committed(self) -> None:
        """Look at them before anything is sent from now on."""
        self._epoch = self._manager.producer_id_and_epoch.epoch
        self._opened = False

    def _is_open_for(self, partition: Any) -> bool:
        """Whether records may go out; the client asks, on its own thread."""
        if not self._may_send(partition):
            return False
        if self.is_shut:
            # It fails what waits to be sent, so that nobody waits for it.
            error = KafkaError("a connection was lost since the last commit")
            self._manager.transition_to_abortable_error(error)
            return False
        self._opened = True
        return True

    def _is_disturbed(self) -> bool:
        now = self._connections
        return any(now.get(n) is not c for n, c in self._outlast.items())
