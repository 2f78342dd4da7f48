"""The loop: one thread that reads, works and commits; the same on Kafka and in memory.

A turn: 1. replica rows, 2. poll, 3. a changed assignment is taken up, 4. restoring goes
on, 5. tasks work on what was polled, 6. time, 7. a checkpoint when one is due.
"""

from collections.abc import Callable, Sequence

from pipeline.runtime.checkpoint import Batch, write_checkpoint
from pipeline.runtime.clock import Clock
from pipeline.runtime.dead_letters import DeadLetterLimit
from pipeline.runtime.failpoints import Failpoint, no_failpoint
from pipeline.runtime.faults import Indefinite
from pipeline.runtime.limits import Limits
from pipeline.runtime.log import LOG
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.pace import Pace
from pipeline.runtime.tasks import Task, Tasks
from pipeline.runtime.transport import Raw, Send, Transport
from pipeline.runtime.wiring import (
    make_intake,
    make_outbox,
    make_recovery,
    make_replica_reader,
)
from pipeline.runtime.work import StageError, Work
from pipeline.stage import Out, WorkerSpec


class Worker:
    """One worker of one kind.

    Args:
        spec: Its node of the topology.
        transport: Kafka, or memory.
        metrics: Of this worker.
        clock: Now.
        limits: Bounds.
        failpoint: Where it dies on purpose.

    Raises:
        BadTopics: topics are missing, or co-partitioned ones are not.
    """

    def __init__(
        self,
        spec: WorkerSpec,
        transport: Transport,
        metrics: Metrics,
        clock: Clock,
        *,
        limits: Limits | None = None,
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        limits = limits or Limits()
        self._spec = spec
        self._transport = transport
        self._metrics = metrics
        self._clock = clock
        self._limits = limits
        self._failpoint = failpoint
        self._work = Work(
            make_intake(spec, transport),
            DeadLetterLimit(
                limits.dead_letter_run,
                limits.dead_letter_ratio,
                limits.dead_letter_window,
            ),
            clock,
            self._write,
            self._before_pack if spec.pack_is_batch else None,
        )
        self._outbox = make_outbox(spec, transport)
        self._pace = Pace(clock, spec.poll_interval_ms, limits.tick_ms)
        replica = spec.make_replica() if spec.make_replica else None
        self.replica = make_replica_reader(
            spec, transport, replica, clock, limits.replica_ms
        )
        self._recovery = make_recovery(spec, transport)
        self._sink = transport.sink(spec.name)
        inputs = [s.name for s in spec.sources]
        self._source = transport.source(spec.name, inputs)
        self.tasks = Tasks(
            self._source, inputs, lambda p: spec.make(p, replica), self._recovery
        )
        self._batch: Batch | None = None
        self._seen = -1
        # A batch whose outcome only Kafka knows; an empty one: take a producer.
        self._doubt: Batch | None = Batch(None, 0)

    # The loop -----------------------------------------------------------------------

    def run(self, stopping: Callable[[], bool], beat: Callable[[], None]) -> None:
        """Go round until told to stop; then commit what is under way and leave.

        Raises:
            Stop: of the kinds that `runtime.faults` draws.
        """
        try:
            while not stopping():
                beat()
                self.turn()
            self._commit()
        except Indefinite as error:
            LOG.warning("left without the last answer (%s): a successor asks", error)
        finally:
            self.close()

    def turn(self) -> bool:
        """Go round once; whether there was anything to do."""
        try:
            if self._doubt is not None:
                self._begin_anew(self._doubt)
            return self._turn()
        except Indefinite as error:
            self._metrics.indefinite.inc()
            self._metrics.ready.set(0)
            LOG.warning("Kafka's answer is missing (%s): asking again", error)
            self._doubt = self._doubt or self._batch or Batch(None, 0)
            self._batch = None
            self._clock.sleep_ms(self._limits.retry_ms)
        except StageError:
            self._go_carefully()
        return True

    def _turn(self) -> bool:
        if self.replica is not None:
            idle = not self._source.behind()
            self.replica.step(0 if self.replica.ready else 50, idle)  # 1
        raws = self._poll()  # 2
        if self._source.rebalances != self._seen or not self._source.joined:
            self._reassign()  # 3
            return True
        self._go_on_restoring()  # 4
        self._do(raws)  # 5
        self._pace.note(bool(raws) or self._source.behind() > 0)
        self._tell_time()  # 6
        due = self._is_due()
        if due:
            self._commit()  # 7
        return bool(raws) or due or bool(self.not_ready())

    def _poll(self) -> list[Raw]:
        """Read at most a poll's worth, at the pace of the spec."""
        self._pace.before_poll(self._source.behind())
        wait = self._limits.idle_poll_ms
        if self.not_ready():
            wait = 5 if self._source.joined else wait
        elif self._batch is not None:
            age = self._clock.monotonic_ms() - self._batch.began_ms
            wait = max(1, min(wait, self._spec.commit_interval_ms - age))
        most = 1 if self._work.careful else self._spec.max_records
        return self._source.poll(wait, most)

    # Assignment and recovery --------------------------------------------------------

    def _reassign(self) -> None:
        """Take up a new assignment; what was not committed is done again."""
        seen = self._source.rebalances
        self._batch = None
        self._metrics.ready.set(0)
        if not self._source.joined:
            return
        self.tasks.reassign()
        self._seen = seen
        self._metrics.rebalances.inc()
        restoring = [p for p, t in self.tasks.active.items() if not t.ready]
        LOG.info("partitions %s, to restore %s", sorted(self.tasks.active), restoring)
        self._resume_ready()

    def _go_on_restoring(self) -> None:
        if self._recovery is not None and self.tasks.restoring:
            before = self._recovery.rows
            self.tasks.restored(50)
            self._metrics.restored.inc(self._recovery.rows - before)
        self._resume_ready()
        if self.not_ready() and self._pace.tick():
            LOG.info("%s", self.not_ready())

    def _resume_ready(self) -> None:
        self._metrics.ready.set(not self.not_ready())
        if self.replica is None or self.replica.ready:
            self._source.resume([p for p, t in self.tasks.active.items() if t.ready])

    def not_ready(self) -> str:
        """What keeps it from working; empty when nothing does."""
        if self._doubt is not None:
            return "Kafka does not answer"
        if not self._source.joined or self._seen < 0:
            return "joining the group"
        if self.replica is not None and not self.replica.ready:
            return f"reading the replica: {self.replica.remaining()} records left"
        if self._recovery is not None and self.tasks.restoring:
            return f"restoring: {self._recovery.remaining()} records left"
        return ""

    # Work ---------------------------------------------------------------------------

    def _do(self, raws: list[Raw]) -> None:
        if raws:
            batch = self._open_batch()
            self._work.do(raws, self.tasks.active, batch)
            batch.offsets |= self._source.positions({raw.partition for raw in raws})

    def _before_pack(self, append_time_ms: int) -> None:
        if self.replica is not None:
            self.replica.advance(append_time_ms)

    def _tell_time(self) -> None:
        """Call `on_time` of each task, once a tick."""
        if self.not_ready() or not self._pace.tick():
            return
        self._metrics.behind.set(self._source.behind())
        if self.replica is not None:
            self._metrics.replica_lag.set(self.replica.lag)
        for task in self.tasks.active.values():
            result = task.stage.on_time(self._clock.now_ms(), self._pace.idle_ms)
            # Offsets that stand still yet fence a commit of a former owner; those that
            # moved over control records alone would show as lag for ever.
            at = self._source.positions({task.partition})
            moved = self._pace.idle_ms and task.stands_before(at)
            quiet = self._batch is None and (moved or task.stage.touched())
            if result.outputs or result.fates or quiet:
                batch = self._open_batch()
                batch.add(result)
                batch.offsets |= at
        self._metrics.show([t.stage.gauges() for t in self.tasks.active.values()])

    def _go_carefully(self) -> None:
        """Undo all, and read again what was polled, record by record."""
        self._work.be_careful(self._source.positions(set(self.tasks.active)))
        self._batch = None
        for task in self.tasks.active.values():
            task.stage.undo()
            self.tasks.rewind(task)

    # Checkpoint ---------------------------------------------------------------------

    def _open_batch(self) -> Batch:
        if self._batch is None:
            now = self._clock.monotonic_ms()
            self._batch = Batch(self._source.membership(), now)
        return self._batch

    def _is_due(self) -> bool:
        if self._batch is None:
            return False
        if self._work.careful or len(self._batch.outputs) >= self._limits.batch_units:
            return True
        age = self._clock.monotonic_ms() - self._batch.began_ms
        return age >= self._spec.commit_interval_ms

    def _commit(self) -> None:
        """Make the batch durable, then drop the copies of what it touched."""
        batch = self._batch
        if batch is None:
            return
        began = self._clock.monotonic_ms()
        sends = self._sends(batch)
        write_checkpoint(self._sink, batch, sends, self._failpoint)
        self._batch = None
        for task in self._in(batch):
            task.committed = batch.after(task)
            task.stage.commit()
        self._metrics.committed(batch, (self._clock.monotonic_ms() - began) / 1000)
        if self._work.careful:
            self._work.done(self._source.positions(set(self.tasks.active)))

    def _sends(self, batch: Batch) -> list[Send]:
        try:
            return batch.records + self._write(batch.outputs, self._in(batch))
        except Exception as error:
            if self._work.careful:
                raise
            LOG.exception("a unit cannot be written; looking for its record")
            raise StageError from error

    def _write(self, outputs: Sequence[Out], tasks: Sequence[Task]) -> list[Send]:
        """Records of output units and of the tasks' touched rows."""
        sends = self._outbox.outputs(outputs)
        if self._spec.changelog is not None:
            for task in tasks:
                rows = task.stage.touched()
                sends += self._outbox.rows(self._spec.changelog, task.partition, rows)
        return sends

    def _in(self, batch: Batch) -> list[Task]:
        partitions = {partition for _, partition in batch.offsets}
        return [t for p, t in sorted(self.tasks.active.items()) if p in partitions]

    def _begin_anew(self, batch: Batch) -> None:
        """Take a new producer, then ask whether the batch went through.

        Raises:
            Indefinite: Kafka does not answer yet.
        """
        self._sink.reset()
        # A reassignment undoes, and compares the offsets itself.
        if self._source.rebalances == self._seen:
            self.tasks.settle({t.partition: batch.after(t) for t in self._in(batch)})
        self._doubt = None
        self._resume_ready()

    def close(self) -> None:
        """Leave the group and free everything."""
        self._metrics.ready.set(0)
        self._source.close()
        self._sink.close()
        for reader in (self.replica, self._recovery):
            if reader is not None:
                reader.close()
        self._transport.close()
