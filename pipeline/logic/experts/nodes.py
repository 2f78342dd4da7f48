"""Ids to nodes of a graph, many at a time."""

from collections.abc import Sequence

import numpy as np

from pipeline.logic.arrays import Slots
from pipeline.logic.slots import SlotTable


class Nodes(SlotTable):
    """A dictionary of its own, for ids that may have no row.

    >>> nodes = Nodes()
    >>> nodes.add_all(["a", "b", "a"]).tolist()
    [0, 1, 0]
    """

    def add_all(self, ids: Sequence[str]) -> Slots:
        """Nodes of ids, new ones of those that have none, int64 (n,)."""
        nodes = list(map(self._slots.get, ids))
        if None in nodes:
            nodes = list(map(self.add, ids))
        return np.array(nodes, np.int64)
