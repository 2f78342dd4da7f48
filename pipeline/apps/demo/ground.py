"""What the demo stands on: topics of its own, logs, workers that are ready."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.apps.demo.plan import Plan
from pipeline.apps.errors import AppError
from pipeline.apps.scrape import Figures, scrape
from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka.cluster import Cluster
from pipeline.runtime.presence import present
from pipeline.runtime.supervisor import Supervisor
from topics import EVENTS

TURN_MS = 250
READY_LIMIT_MS = 90_000


class WorkerFailed(AppError):
    """A worker has ended for good; its log is kept."""


@contextmanager
def topics_of_its_own(plan: Plan) -> Iterator[None]:
    """Create the topics; if they are passing, delete them and the groups at the end.

    Raises:
        AppError: there are events already, with which the demo's would mix.
    """
    at = plan.place.bootstrap_servers, plan.place.names
    events = plan.place.names.topic(EVENTS.name)
    try:
        with Cluster(*at) as kafka:
            kafka.create(plan.partitions, plan.replication)
            size = kafka.sizes({events: kafka.existing()[events]})[events]
        if size:
            raise AppError(
                f"{events} at {at[0]} holds {size} records already, and the demo's "
                "would mix with them: set KAIREC_PREFIX to a new name"
            )
        yield
    finally:
        if plan.passing:
            with Cluster(*at) as kafka:
                kafka.destroy(plan.partitions, list(plan.specs))


@contextmanager
def logs() -> Iterator[Path]:
    """A folder for the workers' logs, which is gone at the end unless one failed."""
    folder = Path(tempfile.mkdtemp(prefix="kairec-demo-"))
    keep = False
    try:
        yield folder
    except WorkerFailed:
        keep = True
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def tend(supervisor: Supervisor) -> None:
    """Look after the workers.

    Raises:
        WorkerFailed: one of them cannot go on.
    """
    supervisor.tend()
    for child in supervisor.children:
        if child.failure:
            raise WorkerFailed(f"{child.failure}; its log: {child.log}")


def scrape_all(supervisor: Supervisor) -> list[Figures]:
    """Figures of each worker that answers, in the order in which they were started."""
    order = list(supervisor.pids)
    ours = [presence for presence in present() if presence.pid in order]
    found = [figures for figures in map(scrape, ours) if figures is not None]
    return sorted(found, key=lambda figures: order.index(figures.presence.pid))


def wait_until_ready(supervisor: Supervisor, clock: Clock) -> None:
    """Return once every worker has joined its group and restored its state.

    Raises:
        AppError: that takes too long.
    """
    deadline = clock.monotonic_ms() + READY_LIMIT_MS
    while True:
        tend(supervisor)
        found = scrape_all(supervisor)
        wrong = [f"{f.presence.worker}: {f.wrong}" for f in found if f.wrong]
        if len(found) == len(supervisor.children) and not wrong:
            return
        if clock.monotonic_ms() > deadline:
            raise AppError(
                f"workers are not ready after {READY_LIMIT_MS // 1000} s "
                f"({'; '.join(wrong) or 'they do not answer'}): is the machine busy?"
            )
        clock.sleep_ms(TURN_MS)
