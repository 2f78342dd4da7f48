"""All items' vectors, tags included, and which of them has which slot of a replica."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.experts.embedding_sides import item_vectors
from pipeline.logic.segments import shares, weighted
from pipeline.logic.slots import SlotTable
from pipeline.logic.vectors import VectorTable


class ItemVectors:
    """Vectors by row of the table `items`, rows by slot of the replica.

    Args:
        slots: The dictionary of ids to slots, kept by others.
        tables: `items` and `tags`, loaded through `load` only.
    """

    def __init__(self, slots: SlotTable, tables: Mapping[str, VectorTable]) -> None:
        self._slots = slots
        self._tables = tables
        self._items = tables["items"]
        self._row_of: Slots = np.zeros(0, np.int64)
        self._slot_of: Slots = np.zeros(0, np.int64)
        self._unsure: set[int] = set()
        self._settled = (0, 0)
        dims = self._items["values"].shape[1]
        self._vectors: Matrix = np.zeros((0, dims), np.float32)
        self._mean: Vector = np.zeros(dims, np.float32)
        self._mean_bias = np.float32(0)
        self._stale = np.zeros(0, np.bool_)

    def load(self, table: str, section: Mapping[str, Any]) -> None:
        """Take a block of a table."""
        first, ids = int(section["first"]), section["ids"]
        same = self._tables[table].ids(first, len(ids)) == ids
        self._tables[table].load(section)
        if table == "tags":
            self._stale[:] = True
        elif table == "items":
            self._grow()
            self._stale[first : first + len(ids)] = True
            if not same:
                self._bind(first, ids)

    def drop(self, slot: int) -> None:
        """The slot may be given to another item."""
        self._settle()
        if slot < len(self._row_of):
            row = self._row_of[slot]
            if row >= 0:
                self._slot_of[row] = self._row_of[slot] = -1
            self._unsure.add(slot)
            self._settled = (0, 0)

    def rows_of(self, slots: Slots) -> Slots:
        """Rows of slots, -1 where there is none, int64 (n,)."""
        self._settle()
        rows: Slots = self._row_of[slots]
        return rows

    def of(self, rows: Slots) -> tuple[Matrix, Vector]:
        """Vectors (n, d) and biases (n,) of rows that there are."""
        self._refresh()
        bias: Vector = self._items["bias"][rows, 0]
        return self._vectors[rows], bias

    def tags_of(self, rows: Slots) -> Matrix:
        """Means of the tag vectors of rows that there are, float32 (n, d)."""
        tags = self._items["tags"][rows].astype(np.int64)
        return weighted(self._tables["tags"]["values"], tags, shares(tags))

    def mean(self) -> tuple[Vector, np.float32]:
        """Vector and bias of the mean item."""
        self._refresh()
        return self._mean, self._mean_bias

    def best(self, pull: Vector, besides: Slots, n: int) -> Slots:
        """Slots of the items of the highest `u W i + b`, the highest first.

        Args:
            pull: `u W`, float32 (d,).
            besides: Slots to leave out.
            n: At most so many.
        """
        hidden = self.rows_of(besides)
        self._refresh()
        scores: Vector = self._vectors @ pull + self._items["bias"][:, 0]
        scores[self._slot_of < 0] = -np.inf
        scores[hidden[hidden >= 0]] = -np.inf
        least = np.partition(scores, -n)[-n] if n < len(scores) else -np.inf
        kept = np.flatnonzero(scores >= least)
        kept = kept[np.isfinite(scores[kept])]
        slots = self._slot_of[kept]
        best: Slots = slots[np.lexsort((slots, -scores[kept]))[:n]]
        return best

    def _bind(self, first: int, ids: list[str]) -> None:
        """The ids of a block have changed."""
        span = slice(first, first + len(ids))
        for row, slot in enumerate(self._slot_of[span].tolist(), first):
            if slot >= 0 and self._row_of[slot] == row:
                self._row_of[slot] = -1
        self._slot_of[span] = -1
        for row, key in enumerate(ids, first):
            slot = self._slots.get(key)
            if 0 <= slot < len(self._row_of):
                self._row_of[slot], self._slot_of[row] = row, slot

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
                    self._row_of[slot], self._slot_of[row] = row, slot
        self._settled = now

    def _grow(self) -> None:
        """As many rows as the table has."""
        more = self._items.size - len(self._slot_of)
        if more > 0:
            self._slot_of = np.concatenate((self._slot_of, np.full(more, -1, np.int64)))
            self._stale = np.concatenate((self._stale, np.ones(more, np.bool_)))
            none = np.zeros((more, self._vectors.shape[1]), np.float32)
            self._vectors = np.concatenate((self._vectors, none))

    def _refresh(self) -> None:
        """Work out the vectors of stale rows, some thousands at a time."""
        stale = np.flatnonzero(self._stale)
        if not stale.size:
            return
        for first in range(0, len(stale), 4096):
            rows = stale[first : first + 4096]
            tags = self._items["tags"][rows].astype(np.int64)
            tags = tags[:, : max(1, int((tags >= 0).sum(1).max()))]
            self._vectors[rows] = item_vectors(rows, tags, self._tables)
        self._stale[:] = False
        self._mean = self._vectors.mean(0)
        self._mean_bias = self._items["bias"].mean(dtype=np.float32)
