"""The slots of the largest values, by column, as values change slot by slot."""

from array import array

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots
from pipeline.logic.experts.grow import grown

Values = NDArray[np.float64]


class Leaders:
    """For each column, a pool of slots: all those with the largest values are there.

    A value that grows costs a comparison with the column's floor, below which a slot is
    not in the pool; every slot is looked at only when too many of a pool have sunk.

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
        self._floors = np.full(columns, -np.inf)
        self._pooled = np.zeros((1024, columns), np.bool_)
        self._pools = [array("q") for _ in range(columns)]

    def assign(self, slot: int, values: Values) -> None:
        """Take the values of a slot; minus infinity keeps it out of a column."""
        self.values = grown(self.values, slot + 1, -np.inf)
        self._pooled = grown(self._pooled, slot + 1, False)
        self.values[slot] = values
        new = (values >= self._floors) & ~self._pooled[slot]
        if new.any():
            for column in np.flatnonzero(new & (values > -np.inf)).tolist():
                self._pooled[slot, column] = True
                self._pools[column].append(slot)
                if len(self._pools[column]) > 2 * self._keep:
                    self._refill(column)

    def drop(self, slot: int) -> None:
        """The slot has no values."""
        if slot < len(self.values):
            self.values[slot] = -np.inf

    def top(self, column: int, n: int) -> Slots:
        """At most `n` slots, and at most `keep`, the largest value first.

        Equal values are in the order of their slots.
        """
        n = min(n, self._keep)
        slots = self._leading(column)
        if len(slots) < n and self._floors[column] > -np.inf:
            self._refill(column)
            slots = self._leading(column)
        values = self.values[slots, column]
        if n < len(slots):
            bar = np.partition(values, len(slots) - n)[len(slots) - n]
            slots, values = slots[values >= bar], values[values >= bar]
        ordered: Slots = slots[np.lexsort((slots, -values))]
        return ordered[:n]

    def _leading(self, column: int) -> Slots:
        """Slots of a pool that have not sunk below the floor."""
        slots = np.array(self._pools[column], np.int64)
        values = self.values[slots, column]
        leading: Slots = slots[(values >= self._floors[column]) & (values > -np.inf)]
        return leading

    def _refill(self, column: int) -> None:
        """Make a pool the best slots, and the floor the least of them."""
        slots = self._leading(column)
        if len(slots) < self._keep:
            slots = np.arange(len(self.values))
        values = self.values[slots, column]
        slots, values = slots[values > -np.inf], values[values > -np.inf]
        if len(slots) > self._keep:
            # No more than `keep`, or many equal values would fill the pool each time.
            order = np.lexsort((slots, -values))[: self._keep]
            slots = slots[order]
            self._floors[column] = values[order[-1]]
        else:
            self._floors[column] = -np.inf
        self._pooled[:, column] = False
        self._pooled[slots, column] = True
        self._pools[column] = array("q", slots.tolist())
