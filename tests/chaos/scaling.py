"""Workers of a kind become many and one again; all of them are started again."""

import signal
from collections.abc import Collection

from pipeline.apps.bench.processes import Process
from pipeline.runtime.kafka.cluster import Cluster
from tests.chaos.fleet import WORKERS, Fleet, wait_until
from tests.chaos.look import wait_until_ready

Name = tuple[str, int]
"""A worker and its ordinal."""
MANY = 4
PATIENCE_S = 180.0


def scale(
    fleet: Fleet,
    running: dict[Name, Process],
    workers: Collection[str],
    ordinals: Collection[int],
) -> None:
    """Have these ordinals of each of these workers run, and no others; all at once.

    Args:
        fleet: The deployment.
        running: What runs; kept up to date.
        workers: Kinds; `update.dense` has one partition, so that all but one stand by.
        ordinals: Of each.
    """
    for worker in workers:
        for ordinal in ordinals:
            if (worker, ordinal) not in running:
                running[worker, ordinal] = fleet.start(worker, ordinal)
    stopped = [
        (name, running.pop(name))
        for name in sorted(running)
        if name[0] in workers and name[1] not in ordinals
    ]
    for _, process in stopped:
        process.send_signal(signal.SIGTERM)
    for name, process in stopped:
        assert process.wait(60) == 0, f"{name} ended with {process.returncode}"
    with Cluster(fleet.servers, fleet.names) as cluster:
        # Closing alone does not take a static member out of its group.
        for (worker, ordinal), _ in stopped:
            cluster.leave(worker, [ordinal])
    for worker in workers:
        wait_until(
            lambda worker=worker: fleet.members(worker) == len(ordinals),  # type: ignore[misc]  # bound now
            f"{len(ordinals)} of {worker} have joined",
            PATIENCE_S,
        )


def scale_up_and_down(
    fleet: Fleet,
    running: dict[Name, Process],
    workers: Collection[str] = tuple(WORKERS),
    many: int = MANY,
) -> None:
    """From one to many and back, twice: another one is left, and then the first again.

    Each time there are many, a burst is on its way.
    """
    for left in (many - 1, 0):
        fleet.send(500)
        scale(fleet, running, workers, range(many))
        fleet.send(500)
        scale(fleet, running, workers, [left])


def roll(fleet: Fleet, running: dict[Name, Process]) -> None:
    """Restart all, one after the other, each by SIGTERM once it is ready."""
    for name in sorted(running):
        fleet.send(100)
        process = running[name]
        wait_until_ready(fleet, name[0], process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, f"{name} ended with {process.returncode}"
        running[name] = fleet.start(*name)
