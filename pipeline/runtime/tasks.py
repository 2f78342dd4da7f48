"""Which tasks a worker has, and what becomes of their memory when partitions move."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.runtime.faults import BadTopics
from pipeline.runtime.log import LOG
from pipeline.runtime.offsets import check_memory, check_offsets
from pipeline.runtime.recovery import Recovery
from pipeline.runtime.transport import Committed, Source
from pipeline.stage import Stage


@dataclass(slots=True)
class Task:
    """One partition's object and where its memory stands.

    Args:
        partition: Which.
        stage: The memory.
        committed: Committed offset by topic at which the memory stands; None: nothing
            has been committed yet.
        ready: Whether it is restored.
        waits: Whether it is read on only when the others have come as far (`Care`).
    """

    partition: int
    stage: Stage
    committed: dict[str, int | None]
    ready: bool = False
    waits: bool = False

    def stands_before(self, positions: dict[tuple[str, int], int]) -> bool:
        """Whether something was read beyond what is committed."""
        return any(
            offset > (self.committed.get(topic) or 0)
            for (topic, _), offset in positions.items()
        )


class Tasks:
    """Follows the assignment of a source.

    Args:
        source: Says what is assigned and committed.
        topics: Short names that the source reads.
        partitions: How many each of them has.
        make: Makes the empty stage of a partition.
        recovery: Restores it; None if there is nothing to restore.
        alone: Whether nobody else writes to what is restored.
    """

    def __init__(
        self,
        source: Source,
        topics: Sequence[str],
        partitions: int,
        make: Callable[[int], Stage],
        recovery: Recovery | None,
        *,
        alone: bool,
    ) -> None:
        self._source = source
        self._topics = topics
        self._partitions = partitions
        self._alone = alone
        self._first: dict[tuple[str, int], int] = {}
        self._make = make
        self._recovery = recovery
        self._parked: dict[int, Task] = {}
        self.active: dict[int, Task] = {}

    def reassign(self) -> None:
        """Take up the assignment that is now in force.

        1. what was not committed is undone; 2. the memory of a partition is kept only
        if its committed offsets are where the memory stands; 3. reading goes on at the
        committed offsets; 4. the rest is restored, its inputs paused.

        Raises:
            Indefinite: the committed offsets cannot be had now.
            BadTopics: they do not fit what the topics hold.
        """
        assigned = sorted(self._source.assignment())
        committed = self._located(assigned)
        for task in self.active.values():
            task.stage.undo()
            if task.ready:
                self._parked[task.partition] = task
        self.active = {}
        for partition in assigned:
            at = {topic: committed[topic, partition] for topic in self._topics}
            known = self._parked.pop(partition, None)
            if known is None or known.committed != at:
                known = Task(partition, self._make(partition), at)
            self.active[partition] = known
        self._restore([t for t in self.active.values() if not t.ready])
        for partition in assigned:
            self.rewind(self.active[partition])
        self._source.pause(assigned)

    def _located(self, assigned: Sequence[int]) -> Committed:
        """Committed offsets, each within what its partition holds."""
        if assigned and assigned[-1] >= self._partitions:
            raise BadTopics(
                f"{', '.join(self._topics)}: {self._partitions} partitions when this "
                f"worker started, {assigned[-1] + 1} or more now: keys lead elsewhere "
                "than to their memory; see exit code 6 in deploy/README.md"
            )
        committed = self._source.committed(assigned)
        bounds = self._source.bounds(assigned)
        check_offsets(committed, bounds)
        self._first = {at: first for at, (first, _) in bounds.items()}
        return committed

    def rewind(self, task: Task) -> None:
        """Read a task's inputs from where its memory stands."""
        for topic, offset in task.committed.items():
            first = self._first.get((topic, task.partition))
            at = first if offset is None else offset
            self._source.seek(topic, task.partition, at)

    def settle(self, after: Mapping[int, dict[str, int | None]]) -> None:
        """Ask, per partition, whether a batch went through.

        At the batch's start: undo. At its end: the commit had gone through. Anywhere
        else, or where start and end are the same: drop what the task remembers.

        Args:
            after: By partition, the committed offsets once the batch is durable.

        Raises:
            Indefinite: Kafka does not answer yet; asking again is harmless.
        """
        found = self._source.committed(after)
        through, undone, lost = [], [], {}
        for partition, end in after.items():
            task = self.active[partition]
            at = {topic: found[topic, partition] for topic in self._topics}
            if task.ready and at == end != task.committed:
                through.append(task)
            elif task.ready and at == task.committed != end:
                undone.append(task)
            else:
                lost[partition] = at
                LOG.warning(
                    "partition %d: committed is %s, and the batch went from %s to %s: "
                    "what it remembers is restored",
                    partition,
                    at,
                    task.committed,
                    end,
                )
        if lost:
            self._renew(lost)  # First, since it may raise.
        for task in through:
            task.committed = dict(after[task.partition])
            task.stage.commit()
        for task in undone:
            task.stage.undo()
            self.rewind(task)

    def _renew(self, lost: Mapping[int, dict[str, int | None]]) -> None:
        """Drop what tasks remember and restore them."""
        for partition, committed in lost.items():
            self.active[partition] = Task(partition, self._make(partition), committed)
        self._source.pause(list(lost))
        self._restore([t for t in self.active.values() if not t.ready])
        for partition in lost:
            self.rewind(self.active[partition])

    def _restore(self, tasks: list[Task]) -> None:
        for task in tasks:
            task.stage = self._make(task.partition)  # It may be restored in part.
            task.ready = self._recovery is None
        if self._recovery is not None:
            self._recovery.begin({t.partition: t.stage for t in tasks})

    def restored(self, timeout_ms: int) -> list[int]:
        """Go on restoring; partitions that are now ready.

        Raises:
            BadTopics: there is memory, and it is not known up to which record.
        """
        if self._recovery is None:
            return []
        done = self._recovery.step(timeout_ms)
        for partition in done:
            task = self.active[partition]
            if self._alone:
                rows = self._recovery.restored[partition]
                check_memory(partition, rows, task.committed)
            task.ready = True
        return done

    @property
    def restoring(self) -> bool:
        """Whether a task is not yet ready; from any thread."""
        return any(not task.ready for task in list(self.active.values()))
