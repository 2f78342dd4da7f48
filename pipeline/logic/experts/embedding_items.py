"""The tables of a replica: which of their items has which slot, and which to scan."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.logic.arrays import Matrix, Slots
from pipeline.logic.experts.embedding_tables import TAGS
from pipeline.logic.experts.grow import grown
from pipeline.logic.kernels.embedding_reading import Lists, Vectors
from pipeline.logic.kernels.embedding_scan import Scan, scan_of
from pipeline.logic.slots import SlotTable
from pipeline.logic.vectors import VectorTable

SCANNED = 8192
"""Among so many items, those acted on most often, are the best looked for."""


class ItemRows:
    """Rows of the table `items` by slot of the replica, and slots by row.

    Args:
        slots: The dictionary of ids to slots, kept by others.
        tables: Of the replica, loaded through `load` only.
    """

    def __init__(self, slots: SlotTable, tables: Mapping[str, VectorTable]) -> None:
        self._slots = slots
        self._tables = tables
        self._items = tables["items"]
        self._row_of: Slots = np.zeros(0, np.int64)
        self.slot_of: Slots = np.zeros(0, np.int64)
        self._unsure: set[int] = set()
        self._settled = (0, 0)
        self._names: dict[int, list[str]] = {}
        self._named = np.full((1024, TAGS), -1, np.int32)
        self._named_known = np.zeros(1024, np.bool_)
        self._scan: Scan | None = None
        self._mean: Matrix = np.zeros((1, 0), np.float32)

    def load(self, table: str, section: Mapping[str, Any]) -> None:
        """Take a block of a table."""
        first, ids = int(section["first"]), section["ids"]
        old = self._tables[table].ids(first, len(ids))
        self._tables[table].load(section)
        if table in {"items", "tags"}:
            self._scan = None
        if table == "tags" and old != ids:
            self._named_known[:] = False
        elif table == "items":
            # Blocks come in any order: an item may name tags that are still to come.
            span = slice(first, first + len(ids))
            tags = self._items["tags"][span]
            self._tables["tags"].make_room(int(tags.max(initial=-1)) + 1)
            more = self._items.size - len(self.slot_of)
            if more > 0:
                self.slot_of = np.append(self.slot_of, np.full(more, -1, np.int64))
            if old != ids:
                self._bind(first, old, ids)

    def describe(self, slot: int, names: Sequence[str]) -> None:
        """Say the tags of an item, heard only as long as it has no vector."""
        self._named_known[slot : slot + 1] = False
        self._names.pop(slot, None)
        if names:
            self._names[slot] = list(names[:TAGS])

    def drop(self, slot: int) -> None:
        """The slot may be given to another item."""
        self._settle()
        self.describe(slot, ())
        if slot < len(self._row_of):
            row = self._row_of[slot]
            if row >= 0:
                self.slot_of[row] = self._row_of[slot] = -1
            self._unsure.add(slot)
            self._settled = (0, 0)

    def vectors(self) -> Vectors:
        """All items, as kernels take them."""
        items = self._items
        tags = self._tables["tags"]["values"]
        return Vectors(items["values"], items["bias"], tags, items["tags"])

    def rows_of(self, slots: Slots) -> Slots:
        """Rows of slots, -1 where there is none, int64 (n,)."""
        self._settle()
        rows: Slots = self._row_of[slots]
        return rows

    def named(self, slots: Slots) -> Lists:
        """Tags by slot, true of these, int32 (slots, most); -1 after the last.

        They are heard of items without a vector; those first that have one. Looked up
        once, until what the item is called, or which tag is which, changes.
        """
        if not len(slots):
            return self._named
        most = int(slots.max())
        self._named = grown(self._named, most + 1, -1)
        self._named_known = grown(self._named_known, most + 1, 0)
        for slot in slots[~self._named_known[slots]].tolist():
            found = self._tables["tags"].find(self._names.get(slot, []))
            found = found[found >= 0]
            self._named[slot, : len(found)] = found
            self._named[slot, len(found) :] = -1
            self._named_known[slot] = True
        return self._named

    def scan(self) -> Scan:
        """Those among which to look for the best, at most SCANNED."""
        self._settle()
        self._refresh()
        assert self._scan is not None
        return self._scan

    def mean(self) -> Matrix:
        """Vector and bias of the mean of those rows, float32 (1, d + 1)."""
        self._refresh()
        return self._mean

    def _refresh(self) -> None:
        """Choose anew, by what the tables hold alone, if they changed."""
        if self._scan is not None:
            return
        items = self._items
        rows: Slots = np.flatnonzero(items["used"] > 0)
        if len(rows) > SCANNED:
            often = np.argsort(-items["count"][rows], kind="stable")[:SCANNED]
            rows = np.sort(rows[often])
        self._scan = scan_of(self.vectors(), rows)
        self._mean = np.zeros((1, items["values"].shape[1] + 1), np.float32)
        if len(rows):
            self._mean[0, :-1] = items["values"][rows].mean(0)
            self._mean[0, -1] = items["bias"][rows].mean()

    def _bind(self, first: int, old: list[str], ids: list[str]) -> None:
        """The ids of a block have changed."""
        for row, key in enumerate(ids, first):
            if row - first < len(old) and old[row - first] == key:
                continue
            slot = int(self.slot_of[row])
            if slot >= 0 and self._row_of[slot] == row:
                self._row_of[slot] = -1
            slot = self._slots.get(key)
            self.slot_of[row] = slot if slot < len(self._row_of) else -1
            if 0 <= slot < len(self._row_of):
                self._row_of[slot] = row

    def _settle(self) -> None:
        """Look up slots that are new, or may have been given to another item."""
        now = (self._slots.size, len(self._slots))
        if now == self._settled:
            return
        self._unsure.update(range(len(self._row_of), self._slots.size))
        more = np.full(self._slots.size - len(self._row_of), -1, np.int64)
        self._row_of = np.concatenate((self._row_of, more))
        for slot in sorted(self._unsure):
            key = self._slots.id_of(slot)
            if key is not None:
                self._unsure.discard(slot)
                row = int(self._items.find([key])[0])
                if row >= 0:
                    self._row_of[slot], self.slot_of[row] = row, slot
        self._settled = now
