"""What was polled goes through the stages and into the batch."""

from collections.abc import Callable, Iterator, Sequence

from pipeline.runtime.care import Care
from pipeline.runtime.checkpoint import Batch
from pipeline.runtime.clock import Clock
from pipeline.runtime.dead_letters import DeadLetterLimit, dead_letter
from pipeline.runtime.faults import BadLog
from pipeline.runtime.intake import Intake, Taken, by_partition
from pipeline.runtime.log import LOG
from pipeline.runtime.tasks import Task
from pipeline.runtime.transport import Raw
from pipeline.stage import Out, Result
from topics.dead_letters import InvalidRecord, Reason


class StageError(Exception):
    """A stage raised what it should not; the record behind it is found one by one."""


class Work:
    """Calls the stages.

    When a stage raises, or gives what cannot be written, all is undone and read again
    record by record; the one that does it again, alone, becomes a dead letter, or stops
    the worker if it is a record of ours.

    Args:
        intake: Reads the records.
        limit: Of dead letters.
        clock: Stamps outputs.
        write: Writes what a task gave; tells whether that can be done.
        before_pack: If given, a stage gets one pack at a time, and before each this is
            called with its append time.
        care: Whether records come one by one.
    """

    def __init__(
        self,
        intake: Intake,
        limit: DeadLetterLimit,
        clock: Clock,
        write: Callable[[Sequence[Out], Sequence[Task]], object],
        before_pack: Callable[[int], None] | None,
        care: Care,
    ) -> None:
        self._intake = intake
        self._limit = limit
        self._clock = clock
        self._write = write
        self._before_pack = before_pack
        self._care = care

    def do(self, raws: list[Raw], tasks: dict[int, Task], batch: Batch) -> None:
        """Work on a poll, and add to the batch what it gave.

        Raises:
            StageError: a stage raised.
            TooManyDeadLetters: nothing of this poll may be committed.
            BadLog: a record of ours cannot be read.
        """
        for partition, records in by_partition(raws).items():
            taken = self._intake.take(records)
            results = self._call(tasks[partition], taken)
            refused = [
                dead_letter(taken.raw_of(unit), error)
                for result in results
                for unit, error in result.dead
            ]
            bad = taken.dead + refused
            self._limit.note(len(records) - len(bad), bad)
            batch.take(records, taken)
            batch.records += refused
            for result in results:
                batch.add(result)

    def _call(self, task: Task, taken: Taken) -> list[Result]:
        now_ms = self._clock.now_ms()
        try:
            results = list(self._results(task, taken, now_ms))
            if self._care.on:
                self._write([out for r in results for out in r.outputs], [task])
            return results
        except Exception as error:
            if not self._care.on:
                LOG.exception("the stage failed; looking for the record, one by one")
                raise StageError from error
            return [self._give_up(task, taken, error)]

    def _results(self, task: Task, taken: Taken, now_ms: int) -> Iterator[Result]:
        calls = [taken.units] if self._before_pack is None else taken.packs()
        for units in calls:
            if not units:
                continue
            if self._before_pack is not None:
                self._before_pack(units[0].append_time_ms)
            result = task.stage.on_batch(units, now_ms)
            for notice in result.notices:
                LOG.warning("%s", notice)
            yield result

    def _give_up(self, task: Task, taken: Taken, error: Exception) -> Result:
        """The one record that was read makes the stage fail: a dead letter."""
        raw, unit = taken.raws[0], taken.units[0]
        if not self._intake.is_public(raw.topic):
            raise BadLog(
                f"{raw.topic} partition {raw.partition} offset {raw.offset} makes the "
                f"stage fail ({error!r}): mend the stage; its traceback is in the log"
            ) from error
        task.stage.undo()
        if not isinstance(error, InvalidRecord):
            error = InvalidRecord(Reason.FAILED, repr(error))
        result = Result()
        result.die(unit, error)
        return result
