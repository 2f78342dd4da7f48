"""After a stage has failed, what was polled is read again record by record."""

from pipeline.runtime.tasks import Tasks
from pipeline.runtime.transport import Source


class Care:
    """Whether each record is to be read, and committed, by itself.

    That ends where the poll ended. A partition that is there already waits for the
    others: else each of its newer records would be a transaction, too, and as long as
    they come faster than that the record that fails would never be reached.

    Args:
        source: Of the records.
        tasks: Of the worker.
    """

    def __init__(self, source: Source, tasks: Tasks) -> None:
        self._source = source
        self._tasks = tasks
        self._until: dict[tuple[str, int], int] = {}

    @property
    def on(self) -> bool:
        """Whether it is so now."""
        return bool(self._until)

    def begin(self) -> None:
        """Undo all that was not committed, and go back to there."""
        active = self._tasks.active
        self._until = self._source.positions(set(active))
        for task in active.values():
            task.stage.undo()
            self._tasks.rewind(task)

    def look(self) -> None:
        """See who is there yet; what was read is committed.

        A position that is not known, as before the first record, is not there.
        """
        active = self._tasks.active
        at = self._source.positions(set(active))
        self._until = {
            each: end
            for each, end in self._until.items()
            if each[1] in active and at.get(each, -1) < end
        }
        behind = {partition for _, partition in self._until}
        for partition, task in active.items():
            task.waits = self.on and partition not in behind
        self._source.pause([p for p, task in active.items() if task.waits])
