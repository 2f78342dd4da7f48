"""Whether processes grow: memory and open files over time, by least squares."""

import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress

import psutil

from tests.chaos.fleet import Process

WARM_UP_S = 30.0
"""What a process takes at its start is no growth."""
Point = tuple[float, float, float]
"""Minutes, MiB, open files."""


class Growth:
    """Samples of processes, each one's beside its own others."""

    def __init__(self) -> None:
        self._points: dict[int, list[Point]] = defaultdict(list)

    def sample(self, processes: Iterable[Process]) -> None:
        """Look at those that run for a while already."""
        for process in processes:
            with suppress(psutil.Error):
                seen = psutil.Process(process.pid)
                age_s = time.time() - seen.create_time()
                if age_s > WARM_UP_S:
                    mib = seen.memory_info().rss / 2**20
                    point = age_s / 60, mib, float(seen.num_fds())
                    self.note(process.pid, point)

    def note(self, pid: int, point: Point) -> None:
        """Take in a sample."""
        self._points[pid].append(point)

    @property
    def samples(self) -> int:
        """How many there are of processes that were seen more than once."""
        return sum(len(points) for points in self._points.values() if len(points) > 1)

    def slope(self, what: int) -> float:
        """Growth in a minute, of memory (1) or of open files (2), of a process."""
        over = under = 0.0
        for points in self._points.values():
            mean_t = sum(p[0] for p in points) / len(points)
            mean = sum(p[what] for p in points) / len(points)
            over += sum((p[0] - mean_t) * (p[what] - mean) for p in points)
            under += sum((p[0] - mean_t) ** 2 for p in points)
        return over / under if under else 0.0
