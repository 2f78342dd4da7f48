"""The newest samples, to be drawn again; what came after the last commit can go."""

from dataclasses import dataclass, fields

import numpy as np

from pipeline.logic.arrays import Slots, Vector


@dataclass(frozen=True, slots=True)
class Samples:
    """Lessons as arrays of n rows, in slots of a learner's tables.

    Args:
        items: Slots, int64 (n,).
        recent: Slots of recent items, the newest first, int64 (n, look-back).
        attributes: Slots of the user's attributes, int64 (n, width).
        labels: 1 in favour, 0 against, float32 (n,).
        weights: float32 (n,).
    """

    items: Slots
    recent: Slots
    attributes: Slots
    labels: Vector
    weights: Vector

    def __len__(self) -> int:
        return len(self.items)

    def take(self, rows: Slots) -> "Samples":
        """Some of the rows, as copies."""
        return Samples(*(getattr(self, each.name)[rows] for each in fields(self)))

    def join(self, other: "Samples") -> "Samples":
        """These rows, then those."""
        return Samples(
            *(
                np.concatenate((getattr(self, each.name), getattr(other, each.name)))
                for each in fields(self)
            )
        )


class Replay:
    """A window of the newest samples.

    Args:
        window: How many may be drawn.
    """

    def __init__(self, window: int) -> None:
        self.window = window
        self._kept: Samples | None = None
        self._end = 0
        self._committed_end = 0

    def __len__(self) -> int:
        return min(self._end, self.window)

    def append(self, samples: Samples) -> None:
        """Keep more samples."""
        end = self._end + len(samples)
        if self._kept is None:
            self._kept = _empty(samples, max(end, 4 * self.window))
        elif end > len(self._kept):
            self._kept = self._kept.join(_empty(samples, end))
        for each in fields(Samples):
            into = getattr(self._kept, each.name)
            into[self._end : end] = getattr(samples, each.name)
        self._end = end

    def draw(self, n: int, rng: np.random.Generator) -> Samples:
        """Draw `n` samples of the window with replacement.

        Raises:
            IndexError: if nothing has been appended.
        """
        if self._kept is None or not self._end:
            raise IndexError("nothing to draw from")
        return self._kept.take(rng.integers(self._end - len(self), self._end, n))

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
    arrays = (getattr(like, each.name) for each in fields(Samples))
    return Samples(*(np.zeros((rows, *old.shape[1:]), old.dtype) for old in arrays))
