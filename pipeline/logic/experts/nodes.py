"""Ids to nodes of a graph, many at a time."""

from collections.abc import Sequence
from itertools import repeat

import numpy as np

from pipeline.logic.arrays import Slots
from pipeline.logic.slots import SlotTable


class Nodes(SlotTable):
    """A dictionary of its own, for ids that may have no row.

    >>> nodes = Nodes()
    >>> nodes.add("a"), nodes.add("b")
    (0, 1)
    >>> nodes.get_all(["b", "c", "a"]).tolist()
    [1, -1, 0]
    """

    def get_all(self, ids: Sequence[str]) -> Slots:
        """Nodes of ids, -1 for those that have none, int64 (n,)."""
        return np.fromiter(map(self._slots.get, ids, repeat(-1)), np.int64, len(ids))
