"""A dictionary of ids to slots: two ids never share one."""

from collections.abc import Sequence
from itertools import repeat

import numpy as np

from pipeline.logic.arrays import Slots


class SlotTable:
    """Ids to slots 0, 1, 2, ...; slots of dropped ids are given out again.

    >>> table = SlotTable()
    >>> table.add("a"), table.add("b"), table.add("a"), len(table)
    (0, 1, 0, 2)
    >>> table.drop("a"), table.get("a"), table.add("c"), table.id_of(0)
    (0, -1, 0, 'c')
    >>> table.get_all(["b", "a"]).tolist()
    [1, -1]
    """

    def __init__(self) -> None:
        self._slots: dict[str, int] = {}
        self._ids: list[str | None] = []
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, key: str) -> bool:
        return key in self._slots

    @property
    def size(self) -> int:
        """One more than the largest slot ever given out: the length of arrays."""
        return len(self._ids)

    def get(self, key: str) -> int:
        """Slot of an id, or -1."""
        return self._slots.get(key, -1)

    def get_all(self, keys: Sequence[str]) -> Slots:
        """Slots of ids, -1 for those that have none, int64 (n,)."""
        slots = map(self._slots.get, keys, repeat(-1))
        return np.fromiter(slots, np.int64, len(keys))

    def add(self, key: str) -> int:
        """Slot of an id, a new one if it has none."""
        slot = self._slots.get(key)
        if slot is None:
            if self._free:
                slot = self._free.pop()
                self._ids[slot] = key
            else:
                slot = len(self._ids)
                self._ids.append(key)
            self._slots[key] = slot
        return slot

    def drop(self, key: str) -> int:
        """Forget an id; its slot, or -1 if it had none."""
        slot = self._slots.pop(key, -1)
        if slot >= 0:
            self._ids[slot] = None
            self._free.append(slot)
        return slot

    def id_of(self, slot: int) -> str | None:
        """Id that a slot belongs to."""
        return self._ids[slot]

    def ids_of(self, slots: Slots) -> list[str]:
        """Ids that slots belong to, empty where there is none."""
        ids = self._ids
        return [ids[slot] or "" for slot in slots.tolist()]

    def items(self) -> list[tuple[str, int]]:
        """All ids and their slots, in the order in which they came."""
        return list(self._slots.items())
