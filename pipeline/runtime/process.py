"""A worker as a process: signals, health, watchdog, exit code."""

import ctypes
import gc
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from pipeline.runtime.clock import SystemClock
from pipeline.runtime.failpoints import failpoint_from_environment
from pipeline.runtime.faults import Stop
from pipeline.runtime.health import HealthServer
from pipeline.runtime.limits import Limits
from pipeline.runtime.log import LOG
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.presence import Presence, announced
from pipeline.runtime.transport import Transport
from pipeline.runtime.trim import start_trimming
from pipeline.runtime.watchdog import Watchdog
from pipeline.runtime.worker import Worker
from pipeline.stage import WorkerSpec


@dataclass(frozen=True, slots=True)
class Process:
    """What a process needs besides its node of the topology.

    Args:
        transport: Kafka.
        base: Begins the names of the deployment's topics.
        ordinal: Number among its kind, if it has one.
        health_host: Where its endpoints listen.
        health_port: 0 finds a free one.
        watchdog_ms: A loop that stands still so long is ended.
        limits: Bounds of the worker.
    """

    transport: Transport
    base: str
    ordinal: int | None = None
    health_host: str = "127.0.0.1"
    health_port: int = 0
    watchdog_ms: int = 90_000
    limits: Limits = field(default_factory=Limits)


def run_worker(spec: WorkerSpec, process: Process) -> int:
    """Run a worker until SIGTERM or SIGINT.

    Returns:
        The exit code: 0 told to stop; else the code of the `Stop` that ended it.
    """
    clock = SystemClock()
    metrics = Metrics(spec.name, CollectorRegistry())
    watchdog = Watchdog(clock, process.watchdog_ms)
    stopping = stop_on_signals()
    tune_collector()
    start_trimming(ctypes.CDLL(None))
    try:
        worker = Worker(
            spec,
            process.transport,
            metrics,
            clock,
            limits=process.limits,
            failpoint=failpoint_from_environment(),
        )
        health = HealthServer(
            process.health_host,
            process.health_port,
            metrics.registry,
            lambda: _healthy(watchdog, process.watchdog_ms),
            worker.not_ready,
        )
        presence = Presence(
            process.base, spec.name, process.ordinal, process.health_host, health.port
        )
        with announced(presence):
            LOG.info("metrics at http://%s:%s/metrics", presence.host, presence.port)
            watchdog.start()
            worker.run(stopping, watchdog.beat)
    except Stop as stop:
        LOG.error("%s", stop)
        return stop.code
    LOG.info("stopped")
    return 0


def tune_collector() -> None:
    """Look for cyclic garbage rarely: what a worker remembers is large and has none.

    With Python's defaults half of a stage's time goes into walking its own memory.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def stop_on_signals() -> Callable[[], bool]:
    """Whether SIGTERM or SIGINT has come; the loop then ends in good order."""
    came: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: came.append(received))
    return lambda: bool(came)


def _healthy(watchdog: Watchdog, limit_ms: int) -> str:
    still_ms = watchdog.still_ms()
    return f"the loop stands still for {still_ms} ms" if still_ms > limit_ms else ""
