"""The loop: one thread that reads, works and commits; the same on Kafka and in memory.

A turn: 1. replica rows, 2. poll, 3. a changed assignment is taken up, 4. restoring goes
on, 5. tasks work on what was polled, 6. time, 7. a checkpoint when one is due.
"""

from collections.abc import Callable

from pipeline.runtime.care import Care
from pipeline.runtime.clock import Clock
from pipeline.runtime.commits import Commits
from pipeline.runtime.dead_letters import DeadLetterLimit
from pipeline.runtime.failpoints import Failpoint, no_failpoint
from pipeline.runtime.faults import Indefinite
from pipeline.runtime.limits import Limits
from pipeline.runtime.log import LOG
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.pace import Pace
from pipeline.runtime.standing import Standing
from pipeline.runtime.transport import Raw, Transport
from pipeline.runtime.wiring import make_parts
from pipeline.runtime.work import StageError, Work
from pipeline.stage import WorkerSpec


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
        parts = make_parts(spec, transport, clock, limits)
        self._spec = spec
        self._transport = transport
        self._metrics = metrics
        self._clock = clock
        self._limits = limits
        self._parts = parts
        self._source = parts.source
        self.tasks, self.replica = parts.tasks, parts.replica
        self._pace = Pace(clock, spec.poll_interval_ms, limits.tick_ms)
        self._commits = Commits(
            spec, parts, metrics, clock, limits=limits, failpoint=failpoint
        )
        self._standing = Standing(
            parts, self._commits, metrics, clock, limits.silence_ms
        )
        self.not_ready = self._standing.not_ready
        self._care = Care(parts.source, parts.tasks)
        self._work = Work(
            parts.intake,
            DeadLetterLimit(
                limits.dead_letter_run,
                limits.dead_letter_ratio,
                limits.dead_letter_window,
            ),
            clock,
            self._commits.write,
            self._before_pack if spec.pack_is_batch else None,
            self._care,
        )

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
            if self._commits.in_doubt:
                self._commits.settle(self._standing.is_same)
                self._standing.resume()
            return self._turn()
        except Indefinite as error:
            self._metrics.indefinite.inc()
            LOG.warning("Kafka's answer is missing (%s): asking again", error)
            self._commits.doubt()
            self._clock.sleep_ms(self._limits.retry_ms)
        except StageError:
            self._commits.drop()
            self._care.begin()
        return True

    def _turn(self) -> bool:
        behind = self._source.behind()
        if self.replica is not None:
            self.replica.step(0 if self.replica.ready else 50, idle=not behind)  # 1
        raws = self._poll(behind)  # 2
        if not self._standing.is_current:
            self._standing.reassign()  # 3
            if not self._source.joined and self._pace.tick():
                LOG.info("%s", self._standing.missing())
            return True
        self._standing.restore()  # 4
        self._do(raws)  # 5
        self._pace.note(bool(raws) or self._source.behind() > 0)
        if self._pace.tick():
            self._tell_time()  # 6
        due = self._commits.is_due(self._care.on)
        if due:
            self._commit()  # 7
        if self._care.on and not self._commits.pending:
            self._care.look()
        return bool(raws) or due or bool(self._standing.missing())

    def _poll(self, behind: int) -> list[Raw]:
        """Read at most a poll's worth, at the pace of the spec."""
        self._pace.before_poll(behind)
        wait = self._limits.idle_poll_ms
        if self._standing.missing():
            wait = 5 if self._source.joined else wait
        else:
            wait = max(1, min(wait, self._commits.left_ms()))
        most = 1 if self._care.on else self._spec.max_records
        return self._source.poll(wait, most)

    def _do(self, raws: list[Raw]) -> None:
        if raws:
            batch = self._commits.open()
            self._work.do(raws, self.tasks.active, batch)
            batch.offsets |= self._source.positions({raw.partition for raw in raws})

    def _before_pack(self, append_time_ms: int) -> None:
        if self.replica is not None:
            self.replica.advance(append_time_ms)

    def _tell_time(self) -> None:
        """Call `on_time` of each task, or say what keeps them from working."""
        if missing := self._standing.missing():
            LOG.info("%s", missing)
            return
        self._metrics.behind.set(self._source.behind())
        self._standing.look()
        if self.replica is not None:
            self._metrics.replica_lag.set(self.replica.lag)
        for task in self.tasks.active.values():
            result = task.stage.on_time(self._clock.now_ms(), self._pace.idle_ms)
            # Offsets that stand still yet fence a commit of a former owner; those that
            # moved over control records alone would show as lag for ever.
            at = self._source.positions({task.partition})
            moved = self._pace.idle_ms and task.stands_before(at)
            quiet = not self._commits.pending and (moved or task.stage.touched())
            if result.outputs or result.fates or quiet:
                batch = self._commits.open()
                batch.add(result)
                batch.offsets |= at
        self._metrics.show([t.stage.gauges() for t in self.tasks.active.values()])

    def _commit(self) -> None:
        self._commits.commit(self._care.on)

    def close(self) -> None:
        """Leave the group and free everything."""
        self._metrics.ready.set_function(lambda: 0)
        self._source.close()
        self._parts.sink.close()
        for reader in (self.replica, self._parts.recovery):
            if reader is not None:
                reader.close()
        self._transport.close()
