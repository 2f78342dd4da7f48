"""Whether workers grow: memory and open files over time, by least squares, by kind."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from statistics import fmean
from typing import NamedTuple

import psutil

from pipeline.apps.bench.load import repeatedly

WARM_UP_S = 120.0
"""What a process takes at its start, and for its first batches, is no growth."""
LEAST_MIN = 3.0
"""A process that was watched for less tells nothing."""
TURN_S = 5.0
Seen = Iterable[tuple[str, int]]
"""Kind and pid."""


class Point(NamedTuple):
    """One look at a process."""

    minutes: float
    mib: float
    files: float


class Growth:
    """Samples of processes, each one's beside its own others."""

    def __init__(self) -> None:
        self._points: dict[tuple[str, int], list[Point]] = defaultdict(list)

    def watching(self, running: Callable[[], Seen]) -> AbstractContextManager[None]:
        """Look every few seconds while the block lasts."""
        return repeatedly(TURN_S, lambda: self.sample(running()))

    def sample(self, running: Seen) -> None:
        """Look at those that run for a while already."""
        for kind, pid in running:
            with suppress(psutil.Error):
                seen = psutil.Process(pid)
                age_s = time.time() - seen.create_time()
                if age_s > WARM_UP_S:
                    mib = seen.memory_info().rss / 2**20
                    self.note(kind, pid, Point(age_s / 60, mib, float(seen.num_fds())))

    def note(self, kind: str, pid: int, point: Point) -> None:
        """Take in a sample."""
        self._points[kind, pid].append(point)

    def slopes(self) -> dict[str, tuple[float, float, float]]:
        """By kind: growth in a minute, MiB and open files; minutes watched in all."""
        found = {}
        for kind in sorted({kind for kind, _ in self._points}):
            own = [p for (k, _), p in self._points.items() if k == kind]
            long = [points for points in own if _watched_min(points) >= LEAST_MIN]
            if long:
                watched = sum(map(_watched_min, long))
                found[kind] = _slope(long, 1), _slope(long, 2), watched
        return found

    def course(self, kind: str) -> list[float]:
        """MiB of the process watched for longest, a mean a minute."""
        own = [points for (named, _), points in self._points.items() if named == kind]
        by_minute = defaultdict[int, list[float]](list)
        for point in max(own, key=_watched_min):
            by_minute[int(point.minutes)].append(point.mib)
        return [fmean(looks) for looks in by_minute.values()]


def _watched_min(points: list[Point]) -> float:
    return points[-1].minutes - points[0].minutes


def _slope(processes: list[list[Point]], what: int) -> float:
    """Growth of a process, not of one after another."""
    over = under = 0.0
    for points in processes:
        mean_t = sum(p.minutes for p in points) / len(points)
        mean = sum(p[what] for p in points) / len(points)
        over += sum((p.minutes - mean_t) * (p[what] - mean) for p in points)
        under += sum((p.minutes - mean_t) ** 2 for p in points)
    return over / under if under else 0.0
