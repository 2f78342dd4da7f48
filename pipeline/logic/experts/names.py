"""Which items have which names (categories or tags), from either side."""

from array import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots
from pipeline.logic.experts.grow import grown
from pipeline.logic.experts.ragged import Ragged
from pipeline.logic.slots import SlotTable


class Names:
    """Names of items; a name that no item has any more is forgotten.

    >>> names = Names()
    >>> names.assign(7, ["jazz", "live"])
    >>> names.assign(8, ["jazz"])
    >>> names.find(["jazz", "rock"]).tolist(), names.newest(0, 1).tolist()
    ([0, -1], [8])
    """

    def __init__(self) -> None:
        self.items: NDArray[np.int64] = np.zeros(256, np.int64)
        self.given = 0
        self._ids = SlotTable()
        self._of = Ragged()
        self._who: dict[int, array[int]] = {}

    def assign(self, slot: int, texts: Iterable[str]) -> None:
        """Make these, each once, the names of an item."""
        names = [self._ids.add(text) for text in texts]
        old = self._of.get(slot).tolist()
        if names == old:
            return
        self.items = grown(self.items, self._ids.size, 0)
        self.items[names] += 1
        self.items[old] -= 1
        self.given += len(names) - len(old)
        for name in old:
            self._who[name].remove(slot)
        for name in names:
            self._who.setdefault(name, array("q")).append(slot)
        for name in old:
            if not self.items[name]:
                del self._who[name]
                self._ids.drop(self._ids.id_of(name) or "")
        self._of.assign(slot, names)

    def of(self, slots: Slots) -> tuple[Slots, Slots]:
        """Names of items, one item's after the other's, and how many each has."""
        return self._of.gather(slots)

    def find(self, texts: Iterable[str]) -> Slots:
        """Names by text, -1 of those that no item has, int64 (n,)."""
        return np.array([self._ids.get(text) for text in texts], np.int64)

    def newest(self, name: int, n: int) -> Slots:
        """At most `n` items that have a name: those that got it last."""
        return np.array(self._who[name][-n:], np.int64)
