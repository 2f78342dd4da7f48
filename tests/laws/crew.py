"""Workers that are turned by hand, and what they wrote."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from pipeline.runtime.limits import Limits
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.transport import Send
from pipeline.runtime.worker import Worker
from pipeline.stage import WorkerSpec
from tests.laws.ground import Ground
from tests.runtime.application import At
from tests.runtime.rig import SPECS
from topics import FEATURES, PROFILES, codec
from topics.features import Feature
from topics.profiles import Portrait

LIMITS = Limits(idle_poll_ms=20)
QUIET = 20
"""So many idle turns in a row mean that all is done."""


@dataclass(slots=True)
class Crew:
    """Workers of one ground, ended with the test."""

    ground: Ground
    workers: list[Worker] = field(default_factory=list)
    registries: list[CollectorRegistry] = field(default_factory=list)

    def start(self, name: str = "extract", ordinal: int | None = None) -> Worker:
        return self.start_as(SPECS[name], ordinal)

    def start_as(self, spec: WorkerSpec, ordinal: int | None = None) -> Worker:
        """Start a worker that is none of this release."""
        registry = CollectorRegistry()
        transport = self.ground.transport(ordinal)
        metrics = Metrics(spec.name, registry)
        worker = Worker(spec, transport, metrics, self.ground.clock, limits=LIMITS)
        self.workers.append(worker)
        self.registries.append(registry)
        return worker

    def drain(self) -> None:
        """Go round until there is nothing left to do."""
        quiet = 0
        for _ in range(1_000):
            self.ground.pass_time()
            busy = [worker.turn() for worker in self.workers]
            quiet = 0 if any(busy) else quiet + 1
            if quiet == QUIET:
                return
        raise AssertionError("there is no end of it")

    def turn_until(self, true: Callable[[], bool]) -> None:
        """Go round until something has come about that a quiet moment does not tell."""
        deadline_s = time.monotonic() + 30
        while not true():
            assert time.monotonic() < deadline_s
            self.ground.pass_time()
            for worker in self.workers:
                worker.turn()

    def leave(self, worker: Worker) -> None:
        """End one as SIGTERM does."""
        self.workers.remove(worker)
        worker.run(lambda: True, lambda: None)

    def send(self, *records: At | Send) -> None:
        self.ground.send(*(r.record if isinstance(r, At) else r for r in records))

    def features(self) -> list[Feature]:
        raws = self.ground.committed("features")
        return [unit for raw in raws for unit in codec.read(FEATURES, raw.value or b"")]

    def portraits(self) -> dict[str, Portrait | None]:
        return {
            (raw.key or b"").decode(): codec.read(PROFILES, raw.value)[0]
            if raw.value is not None
            else None
            for raw in self.ground.committed("profiles")
        }
