"""The newest samples, to be learnt again; what came after the last commit can go."""

from typing import Any, NamedTuple

import numpy as np

from pipeline.logic.arrays import Mask, Slots, Vector


class Samples(NamedTuple):
    """Lessons as arrays of n rows, in slots of a learner's tables.

    Args:
        items: Slots, int64 (n,).
        recent: Slots of recent items, the newest first, then -1, int64 (n, look-back).
        tied: Which recent items have the time of the one before, bool, as `recent`.
        attributes: Slots of the user's attributes, then -1, int64 (n, width).
        labels: 1 in favour, 0 against, float32 (n,).
        weights: float32 (n,).
    """

    items: Slots
    recent: Slots
    tied: Mask
    attributes: Slots
    labels: Vector
    weights: Vector

    def take(self, rows: slice | Slots) -> "Samples":
        """Some of the rows: of a slice a view, of slots copies."""
        return Samples(
            self.items[rows],
            self.recent[rows],
            self.tied[rows],
            self.attributes[rows],
            self.labels[rows],
            self.weights[rows],
        )


class Replay:
    """A window of the newest samples.

    Args:
        window: How many before each new one may be replayed.

    >>> replay = Replay(window=2)
    >>> rows, ones = np.arange(3), np.ones(3, np.float32)
    >>> wide = rows[:, None]
    >>> replay.append(Samples(rows, wide, wide > 0, wide, ones, ones))
    >>> replay.all().items.tolist()
    [0, 1, 2]
    >>> replay.undo()
    >>> len(replay)
    0
    """

    def __init__(self, window: int) -> None:
        self.window = window
        self._kept: Samples | None = None
        self._end = 0
        self._committed_end = 0

    def __len__(self) -> int:
        return self._end

    def append(self, samples: Samples) -> None:
        """Keep more samples."""
        end = self._end + len(samples.items)
        if self._kept is None:
            self._kept = _empty(samples, max(end, 4 * self.window))
        elif end > len(self._kept.items):
            grown = _empty(samples, 2 * end)
            _write(self.all(), grown, 0)
            self._kept = grown
        _write(samples, self._kept, self._end)
        self._end = end

    def all(self) -> Samples:
        """What is kept, the newest last: at least the window and what came since.

        Raises:
            IndexError: if nothing has been appended yet.
        """
        if self._kept is None:
            raise IndexError("nothing is kept yet")
        return self._kept.take(slice(self._end))

    def commit(self) -> None:
        """Let go of what is older than the window, from time to time."""
        if self._kept is not None and self._end > 2 * self.window:
            newest = self._kept.take(np.arange(self._end - self.window, self._end))
            self._end = 0
            self.append(newest)
        self._committed_end = self._end

    def undo(self) -> None:
        """Forget what was appended since the last commit."""
        self._end = self._committed_end


def _empty(like: Samples, rows: int) -> Samples:
    return like.take(np.zeros(rows, np.int64))  # of the right shapes; overwritten


def _write(samples: Samples, into: Samples, first: int) -> None:
    span = slice(first, first + len(samples.items))
    # Said, for mypy finds it out by the order in which it reads modules, or not.
    targets: tuple[Any, ...] = into
    values: tuple[Any, ...] = samples
    for kept, each in zip(targets, values, strict=True):
        kept[span] = each
