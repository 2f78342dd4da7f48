"""All items of a replica: slot, hash, whether it may be listed; and the readers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Mask, Slots
from pipeline.logic.expert import Moment, Reader, Section
from pipeline.logic.slots import SlotTable

Hashes = NDArray[np.uint32]

ITEM_SECTION = "item"
"""The section of a row that is no expert's: whether the item may be listed."""

CONTENT = "content"
"""The section that readers are given who have none of their own in an item's row."""

NOTHING: Section = MappingProxyType({})


class Catalogue:
    """All items that the model has a row of.

    An id may have a slot and no row yet (another item's partner); it is then in no
    list.

    Args:
        table: The dictionary of ids to slots that all readers share.
        readers: One for each expert; sections of others are ignored.
        hash_of: The 4-byte hash by which a portrait names the items a user had.
        heard: Names of the readers that propose and say something; None is all.

    Attributes:
        changes: How often it was told something.
    """

    def __init__(
        self,
        table: SlotTable,
        readers: Sequence[Reader],
        hash_of: Callable[[str], int],
        heard: Collection[str] | None = None,
    ) -> None:
        self.table = table
        self.readers = {reader.name: reader for reader in readers}
        self.voices = {
            name: reader
            for name, reader in self.readers.items()
            if heard is None or name in heard
        }
        self._hash_of = hash_of
        self._hashes = np.zeros(1024, np.uint32)
        self._by_hash: dict[int, tuple[int, ...]] = {}
        self._rows = np.zeros(1024, np.bool_)
        self._listable = np.zeros(1024, np.bool_)

    @property
    def items(self) -> int:
        """How many items may be listed now."""
        return int(self._listable.sum())

    def assign(self, item: str, sections: Mapping[str, Section]) -> None:
        """Take the new value of an item's row: a section that is not there is empty."""
        slot = self.table.add(item)
        self._grow(slot)
        if not self._rows[slot]:
            self._rows[slot] = True
            hashed = self._hashes[slot] = self._hash_of(item)
            alike = self._by_hash.get(int(hashed), ())
            self._by_hash[int(hashed)] = (*alike, slot)
        flags = sections.get(ITEM_SECTION, NOTHING)
        self._listable[slot] = flags.get("available", False)
        for name, reader in self.readers.items():
            own = name if reader.part == "rows" else CONTENT
            reader.assign(slot, sections.get(own, NOTHING))
        self._grow(self.table.size - 1)  # a reader may have met new partners

    def assign_shared(self, key: str, sections: Mapping[str, Section]) -> None:
        """Take the new value of a row that belongs to no single item."""
        for name, section in sections.items():
            if name in self.readers:
                self.readers[name].assign_shared(key, section)
        self._grow(self.table.size - 1)

    def drop(self, item: str) -> None:
        """The item's row is gone for good: all readers forget it."""
        slot = self.table.get(item)
        if slot < 0 or slot >= len(self._rows) or not self._rows[slot]:
            return
        for reader in self.readers.values():
            reader.drop(slot)
        self._rows[slot] = self._listable[slot] = False
        hashed = int(self._hashes[slot])
        alike = tuple(s for s in self._by_hash.pop(hashed) if s != slot)
        if alike:
            self._by_hash[hashed] = alike
        self._hashes[slot] = 0
        self.table.drop(item)

    def slots_of(self, hashes: Hashes) -> Slots:
        """Slots of the items with these hashes, int64 (n,)."""
        by_hash = self._by_hash
        slots = [slot for h in hashes.tolist() for slot in by_hash.get(h, ())]
        return np.array(slots, np.int64)

    def listable(self, had: Slots, disliked: Slots) -> Mask:
        """Which slots may be in a list of this user, bool (slots,).

        Args:
            had: Slots to leave out.
            disliked: Slots to leave out besides.
        """
        mask = self._listable.copy()
        mask[had] = False
        mask[disliked] = False
        return mask

    def hashes(self, slots: Slots) -> Hashes:
        """Hashes of the slots' ids, uint32 (n,): an order that all replicas share."""
        return self._hashes[slots]

    def id_of(self, slot: int) -> str:
        """Id of an item that has a row."""
        return self.table.id_of(slot) or ""

    def because(self, expert: str, moment: Moment, slots: Slots) -> list[str | None]:
        """Ids of the recent items for which an expert speaks for these."""
        causes = self.readers[expert].because(moment, slots).tolist()
        return [self.table.id_of(cause) if cause >= 0 else None for cause in causes]

    def _grow(self, slot: int) -> None:
        if slot < len(self._rows):
            return
        size = max(slot + 1, 2 * len(self._rows))
        self._hashes = np.concatenate(
            [self._hashes, np.zeros(size - len(self._hashes), np.uint32)]
        )
        more = np.zeros(size - len(self._rows), np.bool_)
        self._rows = np.concatenate([self._rows, more])
        self._listable = np.concatenate([self._listable, more])
