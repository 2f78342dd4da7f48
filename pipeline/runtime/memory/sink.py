"""Writing to a `MemoryLog` in transactions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.runtime.faults import Fenced, Indefinite
from pipeline.runtime.memory.log import MemoryLog
from pipeline.runtime.memory.source import MemorySource
from pipeline.runtime.transport import Offsets, Send

STEPS = ("reset", "begin", "send", "flush", "offsets", "commit")
"""Each can break `before_` it has had its effect, and `after_` it."""


class MemorySink:
    """A transactional producer of a `MemoryLog`.

    Args:
        log: Where to.
        group: Whose offsets go into its transactions.
        transactional_id: A newer sink of the same id takes over.
        break_at: Called before and after each of `STEPS`; may raise `Indefinite`, as
            a network does.
    """

    def __init__(
        self,
        log: MemoryLog,
        group: str,
        transactional_id: str,
        break_at: Callable[[str], None],
    ) -> None:
        self._log = log
        self._group = group
        self._id = transactional_id
        self._break_at = break_at
        self._epoch = -1

    def begin(self) -> None:
        """Begin a transaction."""
        with self._step("begin"):
            pass

    def send(self, record: Send) -> None:
        """Append, invisible until the commit."""
        with self._step("send"):
            self._log.append(record, self._id)

    def flush(self) -> None:
        """Nothing is in flight in memory."""
        with self._step("flush"):
            pass

    def send_offsets(self, offsets: Offsets, membership: object) -> None:
        """Put them into the transaction; here a former member is found out."""
        with self._step("offsets"):
            self._check_membership(membership)
            self._log.pend(self._id, self._group, offsets)

    def commit(self) -> None:
        """Make all of it visible at once."""
        with self._step("commit"):
            self._log.end(self._id, "committed")

    def reset(self) -> None:
        """Take over from the older sink and abort what it left open."""
        self._break_at("before_reset")
        self._log.epochs[self._id] += 1
        self._epoch = self._log.epochs[self._id]
        self._log.end(self._id, "aborted")
        self._break_at("after_reset")

    def close(self) -> None:
        """Nothing to free."""

    def time_out(self) -> None:
        """Abort what is open, as the broker does after a long silence."""
        if self._log.epochs[self._id] == self._epoch:
            self._log.epochs[self._id] += 1
            self._log.end(self._id, "aborted")

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        if self._log.epochs[self._id] != self._epoch:
            raise Indefinite(f"another producer has the transactional id {self._id}")
        self._break_at(f"before_{name}")
        yield
        self._break_at(f"after_{name}")

    def _check_membership(self, membership: object) -> None:
        match membership:
            case (MemorySource() as member, int(generation)):
                group = self._log.groups[self._group]
                if member.fenced:
                    raise Fenced("another worker has the same ordinal")
                if member in group.members and generation == group.generation:
                    return
        raise Indefinite("not a member of the group any more")
