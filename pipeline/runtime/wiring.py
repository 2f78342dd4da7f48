"""The parts of a worker, made from its node of the topology."""

from pipeline.runtime.clock import Clock
from pipeline.runtime.faults import BadTopics
from pipeline.runtime.intake import Intake
from pipeline.runtime.outbox import Outbox
from pipeline.runtime.recovery import Recovery
from pipeline.runtime.replica import ReplicaReader
from pipeline.runtime.transport import Transport
from pipeline.stage import Replica, WorkerSpec


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
    interval_ms: int,
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
        interval_ms=interval_ms,
        waits=spec.replica_waits,
    )


def make_recovery(spec: WorkerSpec, transport: Transport) -> Recovery | None:
    """What restores the worker's tasks, if they remember anything."""
    if spec.changelog is None:
        return None
    name = spec.changelog.name
    whole = transport.partitions(name) if spec.restore_all else None
    return Recovery(transport.reader(name), spec.changelog, whole)
