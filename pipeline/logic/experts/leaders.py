"""The slots of the largest values, by column, as values change slot by slot."""

import numpy as np

from pipeline.logic.arrays import Mask, Slots
from pipeline.logic.experts.grow import grown
from pipeline.logic.kernels.leaders import Values, first_open, move_all, no_lines


class Leaders:
    """For each column, a line of the slots with the largest values, in their order.

    A line holds all slots above its bar, the best value that did not find room; so a
    changed value costs two searches in the line, and every slot is looked at only when
    too many of a line have sunk.

    Args:
        columns: Of the values.
        keep: How many the longest answer has.

    >>> leaders = Leaders(columns=1, keep=2)
    >>> for slot, value in enumerate([5.0, 9.0, 7.0]):
    ...     leaders.assign(slot, np.array([value]))
    >>> leaders.top(0, 2).tolist()
    [1, 2]
    """

    def __init__(self, columns: int, keep: int) -> None:
        self.values: Values = np.full((1024, columns), -np.inf)
        self._keep = keep
        self._lines = no_lines(columns, keep)
        self._none: Values = np.full(columns, -np.inf)
        self._new = self._none.copy()

    def assign(self, slot: int, values: Values) -> None:
        """Take the values of a slot; minus infinity keeps it out of a column."""
        self.values = grown(self.values, slot + 1, -np.inf)
        self._new[:] = values  # one that kernels can write to, whatever came
        move_all(self.values, self._lines, slot, self._new)

    def drop(self, slot: int) -> None:
        """The slot has no values."""
        if slot < len(self.values):
            self.assign(slot, self._none)

    def top(self, column: int, n: int) -> Slots:
        """At most `n` slots, and at most `keep`, the largest value first.

        Equal values are in the order of their slots.
        """
        n = min(n, self._keep)
        if self._lines.sizes[column] < n:
            self._refill(column)
        top: Slots = self._lines.slots[
            column, : min(n, self._lines.sizes[column])
        ].copy()
        return top

    def first_open(self, columns: Slots, listable: Mask, n: int) -> Slots:
        """The best `n` of each of some columns that may be listed, int64.

        Fewer, if the others do not stand in the line.

        Args:
            columns: Int64 (m,).
            listable: Of each slot, whether it may be listed.
            n: Of each column.
        """
        for column in columns.tolist():
            if 2 * self._lines.sizes[column] < self._keep:
                self._refill(column)
        out = np.empty(len(columns) * n, np.int64)
        found = first_open(self._lines, columns, listable, n, out)
        return out[:found]

    def _refill(self, column: int) -> None:
        """Look at every slot, if some may be better than those in the line."""
        if self._lines.bars[column, 0] == -np.inf:
            return
        values = self.values[:, column]
        slots = np.flatnonzero(values > -np.inf)
        ordered = slots[np.lexsort((slots, -values[slots]))]
        size = self._lines.sizes[column] = min(len(ordered), self._keep)
        self._lines.slots[column, :size] = ordered[:size]
        self._lines.bars[column] = -np.inf
        if size < len(ordered):
            self._lines.bars[column] = values[ordered[size]], ordered[size]
