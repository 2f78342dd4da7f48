"""Which items have which names (categories or tags), from either side."""

from array import array
from collections.abc import Iterable

import numpy as np

from pipeline.logic.arrays import Mask, Slots, Vector
from pipeline.logic.experts.grow import grown
from pipeline.logic.experts.ragged import Ragged
from pipeline.logic.experts.shelves import Shelves
from pipeline.logic.kernels.content import Named
from pipeline.logic.kernels.content_lines import LOOKED_AT, items_of_all
from pipeline.logic.kernels.leaders import Values
from pipeline.logic.pca import hashed
from pipeline.logic.slots import SlotTable

FEW = 64
"""A name of more items keeps those of the largest worth in order."""


class Names:
    """Names of items; a name that no item has any more is forgotten.

    >>> names = Names()
    >>> names.assign(7, ["jazz", "live"], 1.0), names.assign(8, ["jazz"], 2.0)
    (True, True)
    >>> names.find(["jazz", "rock"]).tolist()
    [0, -1]
    >>> names.items_of(np.array([0]), np.ones(9, bool), newest=1, best=1).tolist()
    [8, 7]
    """

    def __init__(self) -> None:
        self._items: Values = np.zeros(256)
        self._total = 0
        self._ids = SlotTable()
        self._buckets: Slots = np.zeros(256, np.int64)
        self._signs: Vector = np.zeros(256, np.float32)
        self._of = Ragged()
        self._who: dict[int, array[int]] = {}
        self._newest = Ragged()
        self._shelves = Shelves(2 * FEW)

    @property
    def named(self) -> Named:
        """The names of all items, for kernels; until the next `assign`."""
        return Named(*self._of.arrays, self._items, float(self._total))

    @property
    def size(self) -> int:
        """No slot as large as this has names."""
        return len(self._of.arrays[2])

    def assign(self, slot: int, texts: Iterable[str], worth: float) -> bool:
        """Make these, each once, the names of an item, and this its worth.

        Returns:
            Whether it had other names before.
        """
        names = [self._ids.add(text) for text in texts]
        old = self._of.get(slot)
        other: bool = names != old.tolist()
        if other:
            self._rename(slot, old.copy(), np.array(names, np.int64))
        self._shelves.price(slot, self._of.get(slot), worth)
        return other

    def _rename(self, slot: int, old: Slots, new: Slots) -> None:
        self._items = grown(self._items, self._ids.size, 0)
        self._hash(new[self._items[new] == 0])
        self._items[new] += 1
        self._items[old] -= 1
        self._total += bool(len(new)) - bool(len(old))
        self._shelves.rename(slot, old, new)
        for name in old.tolist():
            self._who[name].remove(slot)
        for name in new.tolist():
            who = self._who.setdefault(name, array("q"))
            who.append(slot)
            if len(who) > FEW and not self._shelves.has(name):
                self._shelves.open(name, np.array(who, np.int64))
        for name in old.tolist():
            if not self._items[name]:
                self._newest.assign(name, ())
                del self._who[name]
                self._shelves.close(name)
                self._ids.drop(self._ids.id_of(name) or "")
        for name in {*old.tolist(), *new.tolist()} & self._who.keys():
            self._newest.assign(name, self._who[name][-LOOKED_AT:])
        self._of.assign(slot, new)

    def _hash(self, names: Slots) -> None:
        """Note where names count in a hashed vector."""
        self._buckets = grown(self._buckets, self._ids.size, 0)
        self._signs = grown(self._signs, self._ids.size, 0)
        for name in names.tolist():
            text = self._ids.id_of(name) or ""
            self._buckets[name], self._signs[name] = hashed(text)

    def hashed(self, slots: Slots) -> tuple[Slots, Vector, Slots]:
        """Names of items as `logic.pca` has them, and how many each item has."""
        names, lengths = self._of.gather(slots)
        return self._buckets[names], self._signs[names], lengths

    def of(self, slots: Slots) -> tuple[Slots, Slots]:
        """Names of items, one item's after the other's, and how many each has."""
        return self._of.gather(slots)

    def find(self, texts: Iterable[str]) -> Slots:
        """Names by text, -1 of those that no item has, int64 (n,)."""
        return np.array([self._ids.get(text) for text in texts], np.int64)

    def items_of(self, names: Slots, listable: Mask, newest: int, best: int) -> Slots:
        """Items of each name that may be listed: the newest, and the best.

        All of a name that has few. One may be there several times.
        """
        out = np.empty(len(names) * max(newest + best, FEW), np.int64)
        of = self._newest.arrays
        while True:
            shelves = self._shelves.lines
            end = items_of_all(names, of, shelves, listable, newest, best, out)
            if end >= 0:
                return out[:end]
            name = int(names[-1 - end])
            self._shelves.open(name, np.frombuffer(self._who[name], np.int64))
