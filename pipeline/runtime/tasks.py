"""Which tasks a worker has, and what becomes of their memory when partitions move."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.runtime.recovery import Recovery
from pipeline.runtime.transport import Source
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
    """

    partition: int
    stage: Stage
    committed: dict[str, int | None]
    ready: bool = False


class Tasks:
    """Follows the assignment of a source.

    Args:
        source: Says what is assigned and committed.
        topics: Short names that the source reads.
        make: Makes the empty stage of a partition.
        recovery: Restores it; None if there is nothing to restore.
    """

    def __init__(
        self,
        source: Source,
        topics: Sequence[str],
        make: Callable[[int], Stage],
        recovery: Recovery | None,
    ) -> None:
        self._source = source
        self._topics = topics
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
        """
        assigned = sorted(self._source.assignment())
        committed = self._source.committed(assigned)
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

    def rewind(self, task: Task) -> None:
        """Read a task's inputs from where its memory stands."""
        for topic, offset in task.committed.items():
            self._source.seek(topic, task.partition, offset)

    def renew(self, task: Task, committed: dict[str, int | None]) -> None:
        """Drop what a task remembers and restore it."""
        fresh = Task(task.partition, self._make(task.partition), committed)
        self.active[task.partition] = fresh
        self._source.pause([task.partition])
        self._restore([t for t in self.active.values() if not t.ready])
        self.rewind(fresh)

    def _restore(self, tasks: list[Task]) -> None:
        if self._recovery is None:
            for task in tasks:
                task.ready = True
        else:
            self._recovery.begin({t.partition: t.stage for t in tasks})

    def restored(self, timeout_ms: int) -> list[int]:
        """Go on restoring; partitions that are now ready."""
        if self._recovery is None:
            return []
        done = self._recovery.step(timeout_ms)
        for partition in done:
            self.active[partition].ready = True
        return done

    @property
    def restoring(self) -> bool:
        """Whether a task is not yet ready."""
        return any(not task.ready for task in self.active.values())
