"""Short lists of numbers by slot, all in one flat array."""

from collections.abc import Sequence

import numpy as np

from pipeline.logic.arrays import Slots
from pipeline.logic.experts.grow import grown


class Ragged:
    """Lists by slot; a slot that was given none has an empty one.

    A list that no longer fits in its place moves to the end; when the gaps are more
    than the lists, they are closed.

    >>> lists = Ragged()
    >>> lists.assign(2, [7, 8])
    >>> lists.assign(0, [9])
    >>> [part.tolist() for part in lists.gather(np.array([0, 1, 2]))]
    [[9, 7, 8], [1, 0, 2]]
    """

    def __init__(self) -> None:
        self._flat: Slots = np.zeros(1024, np.int64)
        self._starts: Slots = np.zeros(256, np.int64)
        self._lengths: Slots = np.zeros(256, np.int64)
        self._end = 0
        self._gaps = 0

    @property
    def size(self) -> int:
        """How many numbers there is room for."""
        return len(self._flat)

    @property
    def arrays(self) -> tuple[Slots, Slots, Slots]:
        """The flat array; where in it the list of each slot begins; its length.

        For kernels; they hold until the next `assign`.
        """
        return self._flat, self._starts, self._lengths

    def assign(self, slot: int, values: Sequence[int] | Slots) -> None:
        """Take the list of a slot."""
        self._starts = grown(self._starts, slot + 1, 0)
        self._lengths = grown(self._lengths, slot + 1, 0)
        length = int(self._lengths[slot])
        if len(values) > length:
            self._gaps += length
            self._starts[slot] = self._end
            self._end += len(values)
            self._flat = grown(self._flat, self._end, 0)
        else:
            self._gaps += length - len(values)
        self._lengths[slot] = len(values)
        start = int(self._starts[slot])
        self._flat[start : start + len(values)] = values
        if self._gaps > 1024 and 2 * self._gaps > self._end:
            self._close()

    def get(self, slot: int) -> Slots:
        """The list of a slot."""
        if slot >= len(self._starts):
            return self._flat[:0]
        start = self._starts[slot]
        return self._flat[start : start + self._lengths[slot]]

    def gather(self, slots: Slots) -> tuple[Slots, Slots]:
        """Lists of slots, one after the other, and their lengths."""
        known = slots < len(self._starts)
        if not known.all():
            slots = np.where(known, slots, 0)
        lengths = self._lengths[slots] * known
        ends = lengths.cumsum()
        first = np.repeat(self._starts[slots] - ends + lengths, lengths)
        return self._flat[first + np.arange(len(first))], lengths

    def _close(self) -> None:
        values, lengths = self.gather(np.arange(len(self._starts)))
        self._end, self._gaps = len(values), 0
        self._flat = grown(values, 1024, 0)
        self._starts = lengths.cumsum() - lengths
