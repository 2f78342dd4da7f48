"""For how long each partition stands still while all workers are started again."""

import signal
import time
from collections.abc import Iterator, Mapping
from statistics import median

from pipeline.apps.bench.deployment import POLL_S, Deployment
from pipeline.apps.bench.figures import Figure
from pipeline.apps.bench.processes import LIMIT_S, Process
from pipeline.apps.errors import AppError
from pipeline.stage import WorkerSpec

BAR_S = 3.0
ROUNDS = 3
PER_SECOND = 200


def rolling_restart(
    place: Deployment, specs: Mapping[str, WorkerSpec]
) -> Iterator[Figure]:
    """Restart all workers by SIGTERM, one after the other, under a steady load.

    A partition stands still from the last commit of the old process to the first of the
    new one; without a restart that is as long as the worker's commits are apart.
    """
    with place.load(PER_SECOND):
        running = {name: place.start(name) for name in specs}
        for name in specs:
            place.first_commit_s(name)
        gaps: dict[str, list[float]] = {name: [] for name in specs}
        for _ in range(ROUNDS):
            for name in specs:
                running[name], found = restart(place, name, running[name])
                gaps[name] += found
        for name, found in gaps.items():
            what = f"rolling restart, a partition of {name} stands still"
            yield Figure(f"{what}, p50", median(found), "s")
            yield Figure(f"{what}, max", max(found), "s", BAR_S)


def restart(
    place: Deployment, name: str, process: Process
) -> tuple[Process, list[float]]:
    """Restart a worker by SIGTERM.

    Returns:
        The new process; and by partition, for how many seconds it stood still.

    Raises:
        AppError: a partition does not go on.
    """
    at = place.committed(name)
    began = time.monotonic()
    last = dict.fromkeys(at, began)
    gaps: dict[int, float] = {}
    new: Process | None = None
    process.send_signal(signal.SIGTERM)
    while new is None or len(gaps) < len(at):
        gone = process.poll() is not None
        found, now = place.committed(name), time.monotonic()
        for partition in (p for p in at if found[p] > at[p]):
            if new is not None:
                gaps.setdefault(partition, now - last[partition])
            at[partition], last[partition] = found[partition], now
        if gone and new is None:  # All of its commits have been seen.
            new = place.start(name)
        if now - began > LIMIT_S:
            raise AppError(f"{name} does not go on in {sorted(at.keys() - gaps)}")
        time.sleep(POLL_S)
    return new, list(gaps.values())
