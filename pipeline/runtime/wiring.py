"""The parts of a worker, made from its node of the topology."""

from dataclasses import dataclass

from pipeline.runtime.clock import Clock
from pipeline.runtime.faults import BadTopics
from pipeline.runtime.intake import Intake
from pipeline.runtime.limits import Limits
from pipeline.runtime.outbox import Outbox
from pipeline.runtime.recovery import Recovery
from pipeline.runtime.replica import ReplicaReader
from pipeline.runtime.tasks import Tasks
from pipeline.runtime.transport import Sink, Source, Transport
from pipeline.stage import Replica, WorkerSpec
from topics.spec import Key


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker is made of.

    Args:
        intake: Reads its inputs' records.
        outbox: Writes its outputs.
        source: Its membership of the group.
        sink: Its producer.
        tasks: One a partition that it has.
        replica: Keeps its replica up to date, if it has one.
        recovery: Restores the tasks, if they remember anything.
    """

    intake: Intake
    outbox: Outbox
    source: Source
    sink: Sink
    tasks: Tasks
    replica: ReplicaReader | None
    recovery: Recovery | None


def make_parts(
    spec: WorkerSpec, transport: Transport, clock: Clock, limits: Limits
) -> Parts:
    """All parts of a worker.

    Raises:
        BadTopics: topics are missing, or co-partitioned ones are not.
    """
    intake, outbox = make_intake(spec, transport), make_outbox(spec, transport)
    replica = spec.make_replica() if spec.make_replica else None
    reader = make_replica_reader(spec, transport, replica, clock, limits)
    recovery = make_recovery(spec, transport)
    inputs = [s.name for s in spec.sources]
    sink, source = transport.sink(spec.name), transport.source(spec.name, inputs)
    tasks = Tasks(
        source,
        inputs,
        transport.partitions(inputs[0]),
        lambda p: spec.make(p, replica),
        recovery,
        alone=spec.changelog is not None and spec.changelog.key is not Key.KIND_AND_ID,
    )
    return Parts(intake, outbox, source, sink, tasks, reader, recovery)


def make_intake(spec: WorkerSpec, transport: Transport) -> Intake:
    """What reads the worker's inputs.

    Raises:
        BadTopics: its topics differ in their number of partitions.
    """
    counts = {s.name: transport.partitions(s.name) for s in spec.sources}
    if len(set(counts.values())) != 1:
        raise BadTopics(
            f"{spec.name} reads topics together that differ in partitions: {counts}; "
            "`kairec topics check` says what they shall be"
        )
    return Intake(spec.sources, next(iter(counts.values())))


def make_outbox(spec: WorkerSpec, transport: Transport) -> Outbox:
    """What writes the worker's outputs, forwarded records included.

    Raises:
        BadTopics: a topic is missing.
    """
    written = (*spec.sinks, *(s for s in spec.sources if s.public))
    return Outbox(
        {s.name: s for s in written},
        {s.name: transport.partitions(s.name) for s in written},
    )


def make_replica_reader(
    spec: WorkerSpec,
    transport: Transport,
    replica: Replica | None,
    clock: Clock,
    limits: Limits,
) -> ReplicaReader | None:
    """What keeps the worker's replica up to date, if it has one."""
    if spec.replica is None or replica is None:
        return None
    return ReplicaReader(
        transport.reader(spec.replica.name),
        spec.replica,
        transport.partitions(spec.replica.name),
        replica,
        clock=clock,
        limits=limits,
        waits=spec.replica_waits,
    )


def make_recovery(spec: WorkerSpec, transport: Transport) -> Recovery | None:
    """What restores the worker's tasks, if they remember anything.

    Raises:
        BadTopics: the changelog has other partitions than the inputs.
    """
    if spec.changelog is None:
        return None
    name, first = spec.changelog.name, spec.sources[0].name
    counts = transport.partitions(name), transport.partitions(first)
    if counts[0] != counts[1] and not spec.restore_all:
        raise BadTopics(
            f"{name} has {counts[0]} partitions and {first} {counts[1]}: what is "
            "remembered of a key would be looked for elsewhere; see exit code 6 in "
            "deploy/README.md"
        )
    whole = transport.partitions(name) if spec.restore_all else None
    return Recovery(transport.reader(name), spec.changelog, whole)
