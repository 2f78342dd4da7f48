"""The items of the largest worth that have a name, for names of many items."""

import numpy as np

from pipeline.logic.arrays import Slots
from pipeline.logic.experts.grow import grown
from pipeline.logic.kernels.content_lines import move_named
from pipeline.logic.kernels.leaders import Lines, Values, no_lines


class Shelves:
    """A line of the best items of each of some names.

    Args:
        keep: How many items a line has at most.

    >>> shelves = Shelves(keep=2)
    >>> for slot, worth in enumerate([5.0, 9.0, 7.0]):
    ...     shelves.price(slot, np.zeros(0, np.int64), worth)
    >>> shelves.open(0, np.arange(3))
    >>> lines, line_of = shelves.lines
    >>> lines.slots[line_of[0]].tolist()
    [1, 2]
    """

    def __init__(self, keep: int) -> None:
        self.worth: Values = np.full((1024, 1), -np.inf)
        self._keep = keep
        self._line_of: Slots = np.full(256, -1, np.int64)
        self._lines = no_lines(0, keep)
        self._free: list[int] = []

    def has(self, name: int) -> bool:
        """Whether a name has a line."""
        return name < len(self._line_of) and bool(self._line_of[name] >= 0)

    def open(self, name: int, slots: Slots) -> None:
        """Put the best of these items in a name's line."""
        self._line_of = grown(self._line_of, name + 1, -1)
        if self._line_of[name] < 0:
            self._line_of[name] = self._free_line()
        at = self._line_of[name]
        self._lines.sizes[at], self._lines.bars[at] = 0, -np.inf
        worth = self.worth[slots, 0]
        order = np.lexsort((slots, -worth))[: np.count_nonzero(worth > -np.inf)]
        size = self._lines.sizes[at] = min(len(order), self._keep)
        self._lines.slots[at, :size] = slots[order[:size]]
        if size < len(order):
            self._lines.bars[at] = worth[order[size]], slots[order[size]]

    def close(self, name: int) -> None:
        """The name is forgotten."""
        if self.has(name):
            self._free.append(int(self._line_of[name]))
            self._line_of[name] = -1

    def price(self, slot: int, names: Slots, worth: float) -> None:
        """Take the new worth of an item that has these names; -inf is for none."""
        self.worth = grown(self.worth, slot + 1, -np.inf)
        if worth != self.worth[slot, 0]:
            self._move(slot, names, worth)
            self.worth[slot] = worth

    def rename(self, slot: int, old: Slots, new: Slots) -> None:
        """An item has other names than before."""
        self.worth = grown(self.worth, slot + 1, -np.inf)
        worth = float(self.worth[slot, 0])
        self._move(slot, old, -np.inf)
        self.worth[slot] = -np.inf
        self._move(slot, new, worth)
        self.worth[slot] = worth

    @property
    def lines(self) -> tuple[Lines, Slots]:
        """All lines, and which of them is each name's, -1 for none; for kernels."""
        return self._lines, self._line_of

    def _move(self, slot: int, names: Slots, worth: float) -> None:
        if len(names):
            self._line_of = grown(self._line_of, int(names.max()) + 1, -1)
            move_named(self.worth, self._lines, self._line_of, names, slot, worth)

    def _free_line(self) -> int:
        if not self._free:
            old = len(self._lines.sizes)
            more = no_lines(max(old, 16), self._keep)
            pairs = zip(self._lines, more, strict=True)
            self._lines = Lines(*(np.concatenate(pair) for pair in pairs))
            self._free = list(range(old, len(self._lines.sizes)))[::-1]
        return self._free.pop()
