"""The protocol of `runtime.transport` over a `MemoryLog`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipeline.runtime.faults import BadTopics
from pipeline.runtime.memory.log import MemoryLog
from pipeline.runtime.memory.sink import MemorySink
from pipeline.runtime.memory.source import MemoryReader, MemorySource


@dataclass(slots=True)
class MemoryTransport:
    """Makes the ends of the log for one worker.

    Args:
        log: The cluster.
        ordinal: As on Kafka: a static member with a transactional id of its own.
        break_at: Called with the name of each step that can break; see `STEPS`.
    """

    log: MemoryLog
    ordinal: int | None = None
    break_at: Callable[[str], None] = lambda step: None
    _sources: list[MemorySource] = field(default_factory=list)
    _sinks: list[MemorySink] = field(default_factory=list)

    def partitions(self, topic: str) -> int:
        """Number of partitions."""
        if topic not in self.log.partitions:
            raise BadTopics(f"no topic {topic}")
        return self.log.partitions[topic]

    def source(self, worker: str, topics: Sequence[str]) -> MemorySource:
        """Join the worker's group."""
        static = None if self.ordinal is None else f"{worker}.{self.ordinal}"
        source = MemorySource(self.log, worker, topics, static, self.break_at)
        self._sources.append(source)
        return source

    def reader(self, topic: str) -> MemoryReader:
        """Read a topic."""
        return MemoryReader(self.log, topic, self.break_at)

    def sink(self, worker: str) -> MemorySink:
        """A producer."""
        own = f"~{next(self.log.ids)}" if self.ordinal is None else self.ordinal
        sink = MemorySink(self.log, worker, f"{worker}.{own}", self.break_at)
        self._sinks.append(sink)
        return sink

    def close(self) -> None:
        """Nothing is shared."""

    def time_out(self) -> None:
        """What the cluster does when a worker is silent for long.

        Its session ends, and what it left open is aborted.
        """
        for source in self._sources:
            source.end_session()
        for sink in self._sinks:
            sink.time_out()
