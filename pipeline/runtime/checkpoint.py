"""The moment when outputs, rows and offsets become durable together."""

from collections import Counter
from dataclasses import dataclass, field

from pipeline.runtime.failpoints import Failpoint
from pipeline.runtime.intake import Taken
from pipeline.runtime.tasks import Task
from pipeline.runtime.transport import Raw, Send, Sink
from pipeline.stage import Fate, Out, Result


@dataclass(slots=True)
class Batch:
    """What has been worked on since the last commit.

    Args:
        outputs: Units to send.
        records: Dead letters and forwarded records to send.
        offsets: Next offsets to commit.
        membership: Of the group, taken when the batch began.
        fates: Of its units, by topic fate and reason.
        units_in: How many units came in.
        records_in: Records by topic.
        began_ms: Monotonic time of its first record.
    """

    membership: object
    began_ms: int
    outputs: list[Out] = field(default_factory=list)
    records: list[Send] = field(default_factory=list)
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    fates: Counter[tuple[Fate, str]] = field(default_factory=Counter)
    records_in: Counter[str] = field(default_factory=Counter)
    units_in: int = 0

    def take(self, records: list[Raw], taken: Taken) -> None:
        """Add what was read of one task."""
        self.records += taken.forwarded + taken.dead
        self.fates[Fate.FORWARDED, ""] += len(taken.forwarded)
        self.fates.update((Fate.DEAD, reason) for reason in taken.reasons)
        self.units_in += len(taken.units) + len(taken.forwarded) + len(taken.dead)
        self.records_in.update(raw.topic for raw in records)

    def add(self, result: Result) -> None:
        """Add what a stage gave."""
        self.outputs += result.outputs
        self.fates.update(result.fates)

    def after(self, task: Task) -> dict[str, int | None]:
        """Committed offsets of a task once this batch is durable."""
        return {
            topic: self.offsets.get((topic, task.partition), at)
            for topic, at in task.committed.items()
        }


def write_checkpoint(
    sink: Sink, batch: Batch, sends: list[Send], failpoint: Failpoint
) -> None:
    """Make a batch durable, in this order.

    1. send outputs, dead letters and touched rows
    2. flush, and check every answer
    3. send the next offsets, fenced by the group's generation
    4. commit

    Raises:
        Indefinite: whether it went through is known to Kafka only.
        Fenced: another process has this identity.
    """
    sink.begin()
    failpoint("before_send")
    for record in sends:  # 1
        sink.send(record)
    failpoint("after_send")
    sink.flush()  # 2
    failpoint("after_flush")
    sink.send_offsets(batch.offsets, batch.membership)  # 3
    failpoint("after_offsets")
    failpoint("before_commit")
    sink.commit()  # 4
    failpoint("after_commit")
