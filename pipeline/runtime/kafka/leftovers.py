"""Ends what Kafka leaves open of a transaction that it has ended.

A transaction ends with a marker in each partition it wrote to. Kafka 4.3 writes none
where a partition has no leader at that moment, and yet takes the transaction for ended
(KAFKA-20734). A broker that comes back after `kill -9` passes through such a moment.
What was written there stays open, and the next marker of the same producer decides
about it, too: records of an attempt that failed become visible, or committed ones
vanish.

So whoever takes a transactional id asks each partition what is still open, and writes
the missing markers, as `kafka-transactions.sh` does by hand.
"""

import time
from collections.abc import Callable, Collection
from typing import Self, TypeVar

from pipeline.runtime.faults import Indefinite
from pipeline.runtime.kafka.client import Timeouts
from pipeline.runtime.kafka.markers import Markers, Standing
from pipeline.runtime.log import LOG

OFFSETS = "__consumer_offsets"
PAUSE_S = 0.05
T = TypeVar("T")


class Leftovers:
    """What one transactional id has left; a context manager.

    Args:
        bootstrap_servers: `host:port,...`.
        transactional_id: Which.
        topics: Full names of all it may have written to.
        timeouts: Limits.

    Raises:
        Indefinite: by each method: Kafka does not answer yet.
        Stop: by each method: something is open, and Kafka lets us not end it.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        transactional_id: str,
        topics: Collection[str],
        timeouts: Timeouts,
    ) -> None:
        self._id = transactional_id
        self._topics = {*topics, OFFSETS}
        self._deadline = time.monotonic() + timeouts.init_ms / 1000
        self._before: Standing | None = None
        name = f"{transactional_id}.leftovers"
        self._markers = Markers(bootstrap_servers, name, timeouts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._markers.close()

    def commit(self, committed_epoch: int | None) -> None:
        """Commit what is left of a transaction that was committed.

        Call it before the id is taken: that makes the coordinator forget.

        Args:
            committed_epoch: In this epoch nothing was sent since a commit. None: that
                is not known, and the coordinator says how the last one ended.
        """
        before = self._before = self._patiently(self._settled)
        if before is None:
            return
        if before.state == "CompleteCommit" or before.epoch == committed_epoch:
            self._end(before, commit=True)

    def abort(self, producer_id: int, epoch: int) -> None:
        """Abort all that is open, now that the id is taken and nothing is begun."""
        before = self._before
        if before is None:
            return
        if before.producer_id != producer_id:  # All its epochs were used up.
            self._end(before, commit=False)
        self._end(Standing(producer_id, epoch, "Empty"), commit=False)

    def _settled(self) -> Standing | None:
        """How the id stands once the coordinator ends nothing of it any more."""
        standing = self._markers.standing(self._id)
        if standing is not None and standing.state.startswith("Prepare"):
            raise Indefinite(f"Kafka is still ending a transaction of {self._id}")
        return standing

    def _end(self, standing: Standing, *, commit: bool) -> None:
        self._patiently(lambda: self._write(standing, commit=commit))

    def _write(self, standing: Standing, *, commit: bool) -> None:
        for left in self._markers.open(standing.producer_id, self._topics):
            self._markers.write(
                left, standing.producer_id, standing.epoch, commit=commit
            )
            word = "committed" if commit else "aborted"
            LOG.warning("Kafka had left a transaction open in %s: %s", left, word)

    def _patiently(self, call: Callable[[], T]) -> T:
        """Ask again for a while: a broker that has just come back is not ready yet."""
        while True:
            try:
                return call()
            except Indefinite:
                if time.monotonic() > self._deadline:
                    raise
            time.sleep(PAUSE_S)
