"""Whether a worker may work: its place in the group, what it remembers, its replica."""

from pipeline.runtime.clock import Clock
from pipeline.runtime.commits import Commits
from pipeline.runtime.log import LOG
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.stillness import Stillness
from pipeline.runtime.wiring import Parts

RESTORE_MS = 50


class Standing:
    """Takes up assignments, has tasks restored, and tells what is still missing.

    Args:
        parts: Of the worker.
        commits: What was not committed is dropped when the assignment changes.
        metrics: Of the worker; `kairec_ready` is what `not_ready` says.
        clock: Now.
        silence_ms: Without any answer of Kafka for so long, the worker is not ready.
    """

    def __init__(
        self,
        parts: Parts,
        commits: Commits,
        metrics: Metrics,
        clock: Clock,
        silence_ms: int,
    ) -> None:
        self._stillness = Stillness(clock)
        self._parts = parts
        self._commits = commits
        self._metrics = metrics
        self._silence_ms = silence_ms
        self._seen = -1
        # Asked when somebody looks: a loop that waits for Kafka could not tell.
        metrics.ready.set_function(lambda: not self.not_ready())

    @property
    def is_current(self) -> bool:
        """Whether the assignment that was taken up last is in force."""
        return self._parts.source.joined and self.is_same

    @property
    def is_same(self) -> bool:
        """Whether the assignment has not changed since it was taken up."""
        return self._parts.source.rebalances == self._seen

    def reassign(self) -> None:
        """Take up a new assignment; what was not committed is done again.

        Raises:
            Indefinite: Kafka does not tell from where to go on.
        """
        source, tasks = self._parts.source, self._parts.tasks
        seen = source.rebalances
        self._commits.drop()
        if not source.joined:
            return
        tasks.reassign()
        self._seen = seen
        self._metrics.rebalances.inc()
        restoring = [p for p, t in tasks.active.items() if not t.ready]
        LOG.info("partitions %s, to restore %s", sorted(tasks.active), restoring)
        self.resume()

    def restore(self) -> None:
        """Go on restoring, and read what is ready."""
        recovery, tasks = self._parts.recovery, self._parts.tasks
        if recovery is not None and tasks.restoring:
            before = recovery.rows
            tasks.restored(RESTORE_MS)
            self._metrics.restored.inc(recovery.rows - before)
        self.resume()

    def resume(self) -> None:
        """Read the inputs of tasks that are ready, once the replica is."""
        replica, active = self._parts.replica, self._parts.tasks.active
        if replica is None or replica.ready:
            ready = [p for p, t in active.items() if t.ready and not t.waits]
            self._parts.source.resume(ready)

    def missing(self) -> str:
        """What keeps the loop from working; empty when nothing does."""
        replica, recovery = self._parts.replica, self._parts.recovery
        if self._commits.in_doubt:
            return "Kafka does not answer"
        if not self._parts.source.joined or self._seen < 0:
            return "joining the group"
        if replica is not None and not replica.ready:
            return f"reading the replica: {replica.remaining()} records left"
        if recovery is not None and self._parts.tasks.restoring:
            return f"restoring: {recovery.remaining()} records left"
        return ""

    def look(self) -> None:
        """Say so when an input that holds more is not read on."""
        if self._stillness.note(self._parts.source.unread()):
            LOG.warning("%s", self._stillness.told)

    def not_ready(self) -> str:
        """Why it does not work, or could not if there were records; from any thread."""
        silent_ms = self._parts.source.silent_ms()
        if not (missing := self.missing()) and silent_ms > self._silence_ms:
            return f"Kafka has not answered for {silent_ms / 1000:.0f} s"
        return missing or self._stillness.told
