"""When the rate of hits changes, and what follows from it.

`Adwin` is ADWIN2 of Bifet and Gavalda, "Learning from time-changing data with adaptive
windowing" (SDM 2007): a window over the newest values that lets go of its older part
when the means of the two parts differ by more than chance allows. The window is an
exponential histogram, so it takes little memory however long it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from math import log
from typing import Any

import numpy as np

from pipeline.logic.arrays import Mask


@dataclass(frozen=True, slots=True)
class AdwinSettings:
    """Settings of the detector.

    Args:
        confidence: Delta of the paper: the smaller, the rarer are false alarms (with
            0.002 three in 36 million values at constant rates of .02 to .2).
        buckets: How many buckets of one size there are at most.
        levels: How many sizes: 1, 2, 4 and so on; what is older than the largest
            buckets is forgotten.
        every: The window is tested after so many values.
        least: Neither part of the window is shorter than this when it is tested.
    """

    confidence: float = 2e-3
    buckets: int = 5
    levels: int = 15
    every: int = 32
    least: int = 32


class Adwin:
    """A window over the newest values in [0, 1] that has one mean throughout.

    It is two-sided: it hears a rate that falls and one that rises. One call costs
    O(log n), amortised, for a window of n values.

    Args:
        settings: Of the detector.

    Attributes:
        alarms: How often the mean has changed so far.
        direction: How it changed last: -1 fallen, 1 risen, 0 not yet.
    """

    def __init__(self, settings: AdwinSettings | None = None) -> None:
        self._settings = settings or AdwinSettings()
        # Of each size the sums of its buckets, the newest last.
        self._levels: list[list[float]] = [[] for _ in range(self._settings.levels)]
        self._seen = 0
        self.alarms = 0
        self.direction = 0

    def update(self, value: float) -> bool:
        """Take the next value; says whether the mean has changed.

        Raises:
            ValueError: if the value is not in [0, 1].
        """
        if not 0 <= value <= 1:
            raise ValueError(f"{value} is not in [0, 1]")
        self._insert(float(value))
        self._seen += 1
        if self._seen % self._settings.every:
            return False
        split, direction = self._clearest()
        if split:
            self._forget(split)
            self.direction = direction
            self.alarms += 1
        return split > 0

    @property
    def size(self) -> int:
        """How many values the window has."""
        return sum(len(level) << i for i, level in enumerate(self._levels))

    @property
    def mean(self) -> float:
        """Mean of the window; 0 if it is empty."""
        return sum(map(sum, self._levels)) / max(self.size, 1)

    def _insert(self, value: float) -> None:
        """Have a bucket more; of too many of a size, the two oldest become one."""
        for level in self._levels:
            level.append(value)
            if len(level) <= self._settings.buckets:
                return
            value = level.pop(0)
            if level is not self._levels[-1]:
                value += level.pop(0)

    def _forget(self, split: int) -> None:
        """Let the oldest buckets go, so many of them."""
        for level in reversed(self._levels):
            gone = min(split, len(level))
            del level[:gone]
            split -= gone

    def _clearest(self) -> tuple[int, int]:
        """How many buckets are before the clearest change, and its direction; or 0, 0.

        The paper tests after each bucket that goes; to cut where the change is clearest
        leaves less of the old mean, so that one change is rarely heard twice.
        """
        lengths = [len(level) for level in reversed(self._levels)]
        sizes = np.repeat(2 ** np.arange(len(lengths))[::-1], lengths)
        sums = np.fromiter(chain.from_iterable(reversed(self._levels)), np.float64)
        before, before_sum = np.cumsum(sizes)[:-1], np.cumsum(sums)[:-1]
        n, total = int(sizes.sum()), float(sums.sum())
        after = n - before
        least = self._settings.least
        tested: Mask = (before >= least) & (after >= least)
        if not tested.any():
            return 0, 0
        rise = (total - before_sum) / after - before_sum / before
        # Of values in [0, 1], the variance is at most that of hits with this mean.
        variance = total / n * (1 - total / n)
        noise = (1 / before + 1 / after) * log(2 * log(n) / self._settings.confidence)
        excess = np.abs(rise) - np.sqrt(2 * variance * noise) - 2 / 3 * noise
        clearest = int(np.where(tested, excess, -1).argmax())
        if excess[clearest] <= 0 or not tested[clearest]:
            return 0, 0
        return clearest + 1, int(np.sign(rise[clearest]))

    def section(self) -> dict[str, Any]:
        """What it holds: counts, bucket numbers uint8 (levels,), sums float64."""
        lengths = [len(level) for level in self._levels]
        sums = list(chain.from_iterable(self._levels))
        return {
            "seen": self._seen,
            "alarms": self.alarms,
            "direction": self.direction,
            "lengths": np.array(lengths, np.uint8).tobytes(),
            "sums": np.array(sums, "<f8").tobytes(),
        }

    def load(self, section: Mapping[str, Any]) -> None:
        """Take back what `section` gave, of a detector with the same settings."""
        self._seen = int(section["seen"])
        self.alarms = int(section["alarms"])
        self.direction = int(section["direction"])
        ends = np.cumsum(np.frombuffer(section["lengths"], np.uint8)).tolist()
        sums = np.frombuffer(section["sums"], "<f8").tolist()
        starts = [0, *ends[:-1]]
        self._levels = [sums[i:j] for i, j in zip(starts, ends, strict=True)]


class Boost:
    """A learning rate that is higher for a while after an alarm.

    Args:
        peak: Factor of the rate right after an alarm.
        lists: How many lists are learnt until the factor is 1 again.

    >>> boost = Boost(peak=4.0, lists=2)
    >>> boost.start()
    >>> [boost.step() for _ in range(4)]
    [4.0, 2.0, 1.0, 1.0]
    """

    def __init__(self, peak: float = 4.0, lists: int = 2_000) -> None:
        self._peak = peak
        self._lists = lists
        self._left = 0

    @property
    def factor(self) -> float:
        """Of the rate for the next list."""
        return float(self._peak ** (self._left / self._lists))

    def start(self) -> None:
        """There was an alarm."""
        self._left = self._lists

    def step(self) -> float:
        """The factor for one list, which is learnt now."""
        factor = self.factor
        self._left = max(0, self._left - 1)
        return factor

    def section(self) -> dict[str, Any]:
        """What it holds."""
        return {"left": self._left}

    def load(self, section: Mapping[str, Any]) -> None:
        """Take back what `section` gave."""
        self._left = int(section["left"])
