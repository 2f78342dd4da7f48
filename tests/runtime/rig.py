"""A cluster in memory with workers that can be crashed, and what came out of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry

from pipeline.runtime.clock import ManualClock
from pipeline.runtime.failpoints import Failpoint, no_failpoint
from pipeline.runtime.intake import rows
from pipeline.runtime.limits import Limits
from pipeline.runtime.memory import MemoryLog, MemoryTransport
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.transport import Raw, Send
from pipeline.runtime.worker import Worker
from pipeline.settings import Settings
from pipeline.stage import WorkerSpec
from pipeline.topology import workers
from tests.runtime.application import BEGIN_MS, PARTITIONS, At, day
from topics import MODEL, PROFILES, RECOMMENDATIONS, TOPICS, codec
from topics.model import DENSE, ROW_KINDS, VECTORS
from topics.recommendations import DEFAULT_USER
from topics.spec import Format, TopicSpec

SETTINGS = Settings(partitions=PARTITIONS, tick_idle_ms=10**9, ranker_share="1")
"""No ticks: a rig's clock jumps."""
SPECS = {
    # A poll takes what is there: else the order among topics would depend on it.
    name: replace(spec, max_records=100_000)
    for name, spec in workers(SETTINGS).items()
}
BY_NAME = {spec.name: spec for spec in TOPICS}
TURN_MS = 25
COUNT = 160


class Died(BaseException):
    """The process was killed at this instruction."""


@dataclass(slots=True)
class Running:
    """One worker, as a process would hold it."""

    worker: Worker
    transport: MemoryTransport
    registry: CollectorRegistry


@dataclass(slots=True)
class Rig:
    """One kind of worker, as many of it as a test starts, on one log.

    Args:
        spec: Which kind.
        inputs: What is fed to it, by and by; what it has a replica of, at once: how far
            a replica has been read at a given moment is not a worker's promise.
        limits: Of the workers.
    """

    spec: WorkerSpec
    inputs: list[At] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    running: dict[str, Running] = field(default_factory=dict)
    registries: list[CollectorRegistry] = field(default_factory=list)
    clock: ManualClock = field(default_factory=lambda: ManualClock(BEGIN_MS))
    log: MemoryLog = field(init=False)
    # Records are appended at the times that their inputs say, however long a run takes.
    _log_clock: ManualClock = field(default_factory=lambda: ManualClock(BEGIN_MS))
    _fed: int = 0

    def __post_init__(self) -> None:
        counts = {spec.name: spec.partitions or PARTITIONS for spec in TOPICS}
        self.log = MemoryLog(counts, self._log_clock)
        replica = self.spec.replica.name if self.spec.replica else None
        self.send(*(at for at in self.inputs if at.record.topic == replica))
        self.inputs = [at for at in self.inputs if at.record.topic != replica]

    @property
    def partitions(self) -> int:
        """Of each of its sources."""
        return self.log.partitions[self.spec.sources[0].name]

    def start(
        self,
        name: str = "w",
        ordinal: int | None = None,
        break_at: Callable[[str], None] = lambda step: None,
        failpoint: Failpoint = no_failpoint,
    ) -> Worker:
        """Start a worker; one that runs under that name is as if killed."""
        registry = CollectorRegistry()
        transport = MemoryTransport(self.log, ordinal, break_at)
        worker = Worker(
            self.spec,
            transport,
            Metrics(self.spec.name, registry),
            self.clock,
            limits=self.limits,
            failpoint=failpoint,
        )
        self.running[name] = Running(worker, transport, registry)
        self.registries.append(registry)
        return worker

    def crash(self, name: str = "w") -> MemoryTransport:
        """Let a worker be gone; the cluster does not know it yet."""
        return self.running.pop(name).transport

    def kill(self, name: str = "w") -> None:
        """Let a worker be gone, and its session and transaction time out."""
        self.crash(name).time_out()

    def stop(self, name: str = "w") -> None:
        """End a worker as SIGTERM does."""
        self.running.pop(name).worker.run(lambda: True, lambda: None)

    def send(self, *records: At | Send) -> list[Raw]:
        """Append records now."""
        return [self.log.append(r.record if isinstance(r, At) else r) for r in records]

    def feed(self, share: float = 1.0) -> bool:
        """Append a share of the inputs, each at its time; whether any were left."""
        count = max(1, round(len(self.inputs) * share))
        fed = self.inputs[self._fed : self._fed + count]
        for at in fed:
            ahead_ms = at.time_ms - self._log_clock.now_ms()
            self._log_clock.sleep_ms(ahead_ms)
            self.clock.sleep_ms(ahead_ms)
            self.log.append(at.record)
        self._fed += len(fed)
        return bool(fed)

    def turn(self, name: str = "w") -> bool:
        """Go round once."""
        self.clock.sleep_ms(TURN_MS)
        return self.running[name].worker.turn()

    def drain(self, most: int = 400) -> None:
        """Go round until nothing has been left to do for a while."""
        quiet = 0
        for _ in range(most):
            busy = [self.turn(name) for name in list(self.running)]
            quiet = 0 if any(busy) else quiet + 1
            if quiet * TURN_MS > self.spec.commit_interval_ms + 3 * TURN_MS:
                return
        raise AssertionError(f"still at work after {most} rounds")

    def found(self) -> "Found":
        """What is committed in the topics that the workers write."""
        specs = [s for s in self.spec.sinks if s is not self.spec.changelog]
        if self.spec.changelog is not None and self.spec.changelog.compacted:
            specs.append(self.spec.changelog)
        found = Found()
        for spec in specs:
            if spec is RECOMMENDATIONS:
                found.take_lists(self.log.committed(PROFILES.name), self.log)
            else:
                found.take(spec, self._written(spec))
        return found

    def _written(self, spec: TopicSpec) -> list[Raw]:
        """What is committed, without what the replica was given at the beginning."""
        raws = self.log.committed(spec.name)
        if spec is self.spec.replica:
            raws = [raw for raw in raws if _kind(raw) not in ROW_KINDS]
        return raws


def _kind(raw: Raw) -> str:
    return (raw.key or b"").decode().partition("/")[0]


@dataclass(slots=True)
class Found:
    """Units of appended topics, each with how often; newest values of compacted ones.

    Two runs that only differ in where transactions began and ended are equal.
    """

    units: Counter[tuple[str, int, bytes]] = field(default_factory=Counter)
    values: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    twice: int = 0
    _lists: set[str] = field(default_factory=set, compare=False)

    def take(self, spec: TopicSpec, raws: Iterable[Raw]) -> None:
        """Add the records of a topic."""
        for raw in raws:
            for row in rows(spec, raw):
                if spec.compacted:
                    value = None if row.value is None else _settled(spec, row.value)
                    self.values[spec.name, row.key] = value
                else:
                    unit = codec.write(row.value)
                    self.units[spec.name, raw.partition, unit] += 1

    def take_lists(self, profiles: Iterable[Raw], log: MemoryLog) -> None:
        """Add for each user whether the last list is what it must be.

        How portraits fall into polls decides how many lists there are. But the last one
        is no older than the last portrait that calls for one.
        """
        called: dict[str, int] = {}
        stands: dict[tuple[str, str], int] = {}
        for n, raw in enumerate(profiles):
            for row in rows(PROFILES, raw):
                blank = row.value is None or row.value.forgotten_at_ms
                stands[row.key, "" if blank else str(row.value.source)] = n
                if blank or row.value.cause != "impression":
                    called[row.key] = n
        for raw in log.committed(RECOMMENDATIONS.name):
            for row in rows(RECOMMENDATIONS, raw):
                if row.key == DEFAULT_USER:
                    continue
                at = stands[row.key, str(row.value.source) if row.value else ""]
                state = b"the newest" if at >= called[row.key] else b"an old one"
                self.values["a list", row.key] = state
                if row.value is not None:
                    self.twice += row.value.slate_id in self._lists
                    self._lists.add(row.value.slate_id)


def _settled(spec: TopicSpec, value: Any) -> bytes:
    """A value without what depends on when it was written."""
    if spec is MODEL and value.kind == VECTORS:
        return b""  # Samples are replayed, and which ones can be is no state.
    if spec is MODEL and value.kind == DENSE:
        sections = map(codec.read_section, value.sections.values())
        return repr([section.get("samples") for section in sections]).encode()
    if spec.format is Format.ROW:
        return codec.write_row(value)
    return codec.write(replace(value, cause="interaction"))


def inputs_of(spec: WorkerSpec, seed: int = 1, count: int = COUNT) -> list[At]:
    """What a worker would read on a day of the application, in the order of appending.

    The workers before it in the flow are run for that, undisturbed.
    """
    logs = _upstream(seed, count)
    replica = logs[spec.replica.name] if spec.replica else []
    if spec.replica is spec.changelog:  # what it has written itself is yet to come
        replica = [raw for raw in replica if _kind(raw) in ROW_KINDS]
    found = [raw for source in spec.sources for raw in logs[source.name]]
    found.sort(key=lambda raw: (raw.append_time_ms, raw.offset))
    return [At(BEGIN_MS, _again(raw)) for raw in replica] + [
        At(raw.append_time_ms, _again(raw)) for raw in found
    ]


@cache
def _upstream(seed: int, count: int) -> dict[str, list[Raw]]:
    """All topics after the whole topology has run on a day."""
    inputs, logs = day(seed, count), {}
    for spec in SPECS.values():
        rig = Rig(spec)
        names = {s.name for s in (*spec.sources, spec.replica) if s is not None}
        rig.inputs = [at for at in inputs if at.record.topic in names]
        rig.start()
        while rig.feed(1 / 40):
            rig.drain()
        for sink in spec.sinks:
            logs[sink.name] = rig.log.committed(sink.name)
            inputs += [At(r.append_time_ms, _again(r)) for r in logs[sink.name]]
        inputs.sort(key=lambda at: at.time_ms)
        for name in names:
            logs.setdefault(name, rig.log.committed(name))
    return logs


@cache
def undisturbed(name: str, seed: int = 1, count: int = COUNT) -> Found:
    """What a worker gives when nothing goes wrong."""
    rig = Rig(SPECS[name], inputs_of(SPECS[name], seed, count))
    rig.start()
    rig.feed()
    rig.drain()
    return rig.found()


def conserved(registries: Sequence[CollectorRegistry]) -> bool:
    """Whether each worker's units have one fate each, as its metrics tell."""
    return all(_conserved(registry) for registry in registries)


def _conserved(registry: CollectorRegistry) -> bool:
    sums: Counter[str] = Counter()
    for metric in registry.collect():
        for sample in metric.samples:
            sums[sample.name] += round(sample.value)
    fates = sums["kairec_units_total"] + sums["kairec_units_waiting"]
    return sums["kairec_units_in_total"] == fates


def _again(raw: Raw) -> Send:
    return Send(raw.topic, raw.partition, raw.key, raw.value, tuple(raw.headers))
