"""The open batch: what goes into it, when it is due, and how it becomes durable."""

from collections.abc import Sequence

from pipeline.runtime.checkpoint import Batch, write_checkpoint
from pipeline.runtime.clock import Clock
from pipeline.runtime.failpoints import Failpoint
from pipeline.runtime.limits import Limits
from pipeline.runtime.log import LOG
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.tasks import Task
from pipeline.runtime.transport import Send
from pipeline.runtime.wiring import Parts
from pipeline.runtime.work import StageError
from pipeline.stage import Out, WorkerSpec


class Commits:
    """Opens batches and commits them; keeps the one whose outcome only Kafka knows.

    Args:
        spec: The worker's node of the topology.
        parts: Of the worker.
        metrics: Of the worker.
        clock: Now.
        limits: Bounds.
        failpoint: Where it dies on purpose.
    """

    def __init__(
        self,
        spec: WorkerSpec,
        parts: Parts,
        metrics: Metrics,
        clock: Clock,
        *,
        limits: Limits,
        failpoint: Failpoint,
    ) -> None:
        self._spec = spec
        self._parts = parts
        self._metrics = metrics
        self._clock = clock
        self._limits = limits
        self._failpoint = failpoint
        self._batch: Batch | None = None
        self._is_first = True
        # An empty one: there is no producer yet.
        self._doubt: Batch | None = Batch(None, 0)

    @property
    def pending(self) -> bool:
        """Whether there is anything to commit."""
        return self._batch is not None

    @property
    def in_doubt(self) -> bool:
        """Whether `settle` must be called before anything else."""
        return self._doubt is not None

    def open(self) -> Batch:
        """The open batch; a new one, if there is none."""
        if self._batch is None:
            now = self._clock.monotonic_ms()
            self._batch = Batch(self._parts.source.membership(), now)
        return self._batch

    def drop(self) -> None:
        """Forget the open batch; the next one waits for nothing."""
        self._batch = None
        self._is_first = True

    def left_ms(self) -> int:
        """How long the open batch may still wait."""
        if self._batch is None:
            return self._limits.idle_poll_ms
        age = self._clock.monotonic_ms() - self._batch.began_ms
        return self._spec.commit_interval_ms - age

    def is_due(self, careful: bool) -> bool:
        """Whether the open batch is old or large enough, or is to be by itself."""
        if self._batch is None:
            return False
        # The first records after an assignment end a standstill.
        if careful or (self._is_first and self._batch.records_in):
            return True
        if len(self._batch.outputs) >= self._limits.batch_units:
            return True
        return self.left_ms() <= 0

    def commit(self, careful: bool) -> None:
        """Make the open batch durable, then drop the copies of what it touched.

        Raises:
            StageError: something in it cannot be written; which, is to be found.
            Indefinite: whether it went through is known to Kafka only.
        """
        batch = self._batch
        if batch is None:
            return
        began = self._clock.monotonic_ms()
        sends = self._sends(batch, careful)
        write_checkpoint(self._parts.sink, batch, sends, self._failpoint)
        self._batch, self._is_first = None, False
        for task in self._in(batch):
            task.committed = batch.after(task)
            task.stage.commit()
        self._metrics.committed(batch, (self._clock.monotonic_ms() - began) / 1000)

    def write(self, outputs: Sequence[Out], tasks: Sequence[Task]) -> list[Send]:
        """Records of output units and of the tasks' touched rows."""
        outbox, changelog = self._parts.outbox, self._spec.changelog
        sends = outbox.outputs(outputs)
        if changelog is not None:
            for task in tasks:
                sends += outbox.rows(changelog, task.partition, task.stage.touched())
        return sends

    def doubt(self) -> None:
        """An answer is missing: the outcome of the open batch has to be asked."""
        self._doubt = self._doubt or self._batch or Batch(None, 0)
        self._batch = None

    def settle(self, same_assignment: bool) -> None:
        """Take a new producer, then ask whether the batch in doubt went through.

        Args:
            same_assignment: Else nothing is asked: a reassignment undoes, and compares
                the offsets itself.

        Raises:
            Indefinite: Kafka does not answer yet.
        """
        self._parts.sink.reset()
        batch = self._doubt
        if same_assignment and batch is not None:
            after = {t.partition: batch.after(t) for t in self._in(batch)}
            self._parts.tasks.settle(after)
        self._doubt = None

    def _sends(self, batch: Batch, careful: bool) -> list[Send]:
        try:
            return batch.records + self.write(batch.outputs, self._in(batch))
        except Exception as error:
            if careful:
                raise
            LOG.exception("a unit cannot be written; looking for its record")
            raise StageError from error

    def _in(self, batch: Batch) -> list[Task]:
        partitions = {partition for _, partition in batch.offsets}
        active = self._parts.tasks.active
        return [task for p, task in sorted(active.items()) if p in partitions]
