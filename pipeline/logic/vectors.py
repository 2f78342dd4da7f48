"""Tables of float rows by id, kept, published and taken back in blocks of rows.

An id keeps its slot; a slot is given to another id only after its own was dropped. A
block is what one record holds: the ids and every column of 256 rows, as they are. What
a block held at the last commit is copied aside when it is touched first.
"""

import hashlib
import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots

Array = NDArray[Any]
Section = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One array of a table: what each row holds of it.

    Args:
        shape: Of a row's part.
        fill: What a new row holds.
        spread: Standard deviation of a new row's random part, keyed by column and id.
        dtype: Of the numbers.
    """

    shape: tuple[int, ...] = ()
    fill: float = 0.0
    spread: float = 0.0
    dtype: str = "<f4"


class VectorTable:
    """Columns of rows by id; at most `capacity` ids, the longest unused make room.

    Every table has the column `used`, which `add` sets; 0 in a row without an id.

    Args:
        columns: By name.
        capacity: Most ids.
        keep: A row used less than this long ago never makes room.
        rows: Of a block; fewer where they are so wide that a record would be too big.

    >>> table = VectorTable({"values": Column((2,), fill=1.0)})
    >>> slots = table.add(["a", "b"], used=1)
    >>> table.touch(slots)
    >>> table["values"][slots] *= 2
    >>> table.touched(), table.section(0)["ids"]
    ([0], ['a', 'b'])
    >>> table.undo()
    >>> len(table), table.find(["a"])
    (0, array([-1]))
    """

    def __init__(
        self,
        columns: Mapping[str, Column],
        capacity: int = 1 << 20,
        keep: int = 0,
        rows: int = 256,
    ) -> None:
        self.columns = {**columns, "used": Column(dtype="<i8")}
        self.capacity = capacity
        self.keep = keep
        self.rows = min(rows, _BLOCK_BYTES // sum(map(_bytes, self.columns.values())))
        self.size = 0
        self._arrays = {name: _empty(each, 0) for name, each in self.columns.items()}
        self._ids: list[str] = []
        self._slots: dict[str, int] = {}
        self._free: list[int] = []
        self._indexed = self._free_known = True
        self._full_until = 0
        self._committed_size = 0
        self._marked = np.zeros(0, np.bool_)
        self._copies: dict[int, tuple[list[str], dict[str, Array]]] = {}

    def __len__(self) -> int:
        self._index()
        return len(self._slots)

    def __getitem__(self, column: str) -> Array:
        """The rows of a column; `touch` before writing, `add` may move it."""
        return self._arrays[column][: self.size]

    def find(self, ids: Sequence[str]) -> Slots:
        """Slots of ids, -1 where there is none."""
        self._index()
        return np.fromiter(map(self._slots.get, ids, repeat(-1)), np.int64, len(ids))

    def add(self, ids: Sequence[str], used: int) -> Slots:
        """Slots of ids, new rows where there are none; -1 where nothing makes room.

        Args:
            ids: Which; not empty.
            used: A count above 0 that never goes back.
        """
        slots = self.find(ids)
        known = slots[slots >= 0]
        self.touch(known)
        self["used"][known] = used
        for index in np.flatnonzero(slots < 0).tolist():
            slots[index] = self._place(ids[index], used)
        return slots

    def occupied(self, slots: Slots) -> Slots:
        """Those of the slots that hold an id."""
        free = np.array(self._free_slots(), np.int64)
        return slots[~np.isin(slots, free)] if free.size else slots

    def ids(self, first: int, n: int) -> list[str]:
        """Ids of so many slots, empty where there is none."""
        return self._ids[first : first + n]

    def touch(self, slots: Slots) -> None:
        """Rows are about to change: copy aside the blocks that are still untouched."""
        blocks = slots // self.rows
        for block in set(blocks[~self._marked[blocks]].tolist()):
            span = slice(block * self.rows, (block + 1) * self.rows)
            arrays = {name: each[span].copy() for name, each in self._arrays.items()}
            self._copies[block] = self._ids[span], arrays
            self._marked[block] = True

    def touched(self) -> list[int]:
        """Blocks changed since the last commit, in rising order."""
        return sorted(self._copies)

    def section(self, block: int) -> dict[str, Any]:
        """What a block holds: its first slot, ids, and each column's bytes."""
        span = slice(block * self.rows, min((block + 1) * self.rows, self.size))
        columns = {name: each[span].tobytes() for name, each in self._arrays.items()}
        return {"first": span.start, "ids": self._ids[span], **columns}

    def load(self, section: Section) -> None:
        """Take a block back from its section; in any order of blocks."""
        first, ids = int(section["first"]), section["ids"]
        self._grow(first + len(ids))
        span = slice(first, first + len(ids))
        for name, column in self.columns.items():
            read = np.frombuffer(section[name], column.dtype)
            if read.size != len(ids) * math.prod(column.shape):
                raise ValueError(
                    f"a block has {read.size} numbers of `{name}` for {len(ids)} rows "
                    f"of shape {column.shape}; another size needs another `model_name`"
                )
            self._arrays[name][span] = read.reshape(len(ids), *column.shape)
        if self._ids[span] != ids:
            self._rename(first, ids)
        self._committed_size = self.size

    def make_room(self, size: int) -> None:
        """Have so many rows at least: others may name rows that are still to come."""
        if size > self.size:
            self._grow(size)
            self._committed_size = self.size
            self._indexed = False

    def commit(self) -> None:
        """What is touched is durable: drop the copies."""
        self._copies.clear()
        self._marked[:] = False
        self._committed_size = self.size

    def undo(self) -> None:
        """Go back to the last commit."""
        if not self._copies:
            return
        for block, (ids, arrays) in self._copies.items():
            first = block * self.rows
            self._ids[first : first + len(ids)] = ids
            for name, array in arrays.items():
                self._arrays[name][first : first + len(array)] = array
        self.size = self._committed_size
        del self._ids[self.size :]
        self._indexed = False
        self.commit()

    def _place(self, key: str, used: int) -> int:
        """Give an id a row: the lowest free one, or a new one."""
        slot = self._slots.get(key, -1)
        if slot >= 0:
            return slot
        if len(self._slots) >= self.capacity:
            self._make_room(used)
        if len(self._slots) >= self.capacity:
            return -1
        free = self._free_slots()
        if free:
            slot = heapq.heappop(free)
        else:
            slot = self.size
            self._grow(slot + 1)
        self.touch(np.array([slot]))
        self._ids[slot] = key
        self._slots[key] = slot
        for name, column in self.columns.items():
            self._arrays[name][slot] = initial(f"{name}/{key}", column)
        self["used"][slot] = used
        return slot

    def _make_room(self, used: int) -> None:
        """Drop the rows that were used longest ago, one in 64, if long enough ago."""
        if used <= self._full_until:
            return
        order = np.argsort(self["used"], kind="stable")
        order = self.occupied(order)
        self._full_until = int(self["used"][order[0]]) + self.keep
        old = order[self["used"][order] < used - self.keep]
        old = old[: max(1, self.capacity // 64)]
        self.touch(old)
        for slot in old.tolist():
            del self._slots[self._ids[slot]]
            self._ids[slot] = ""
            self["used"][slot] = 0
            heapq.heappush(self._free_slots(), slot)

    def _rename(self, first: int, ids: list[str]) -> None:
        """Slots have other ids; what is derived from them follows, or is derived anew.

        Blocks come in any order: an id may still stand in its old slot too.
        """
        for slot, key in enumerate(ids, first):
            old = self._ids[slot]
            if old != key and self._indexed:
                if self._slots.get(old) == slot:
                    del self._slots[old]
                if key:
                    self._slots[key] = slot
            self._ids[slot] = key
        self._free_known = False
        self._full_until = 0

    def _grow(self, size: int) -> None:
        """Make room for rows up to `size`, by doubling."""
        length = len(self._marked) * self.rows
        if size > length:
            length = max(self.rows, length)
            while length < size:
                length *= 2
            for name, column in self.columns.items():
                grown = _empty(column, length)
                grown[: self.size] = self._arrays[name][: self.size]
                self._arrays[name] = grown
            marked = np.zeros(length // self.rows, np.bool_)
            marked[: len(self._marked)] = self._marked
            self._marked = marked
        self._ids.extend([""] * (size - len(self._ids)))
        self.size = max(self.size, size)

    def _index(self) -> None:
        """Derive the dictionary from the ids, if they changed."""
        if not self._indexed:
            self._slots = {key: slot for slot, key in enumerate(self._ids) if key}
            self._indexed = True
            self._free_known = False
            self._full_until = 0

    def _free_slots(self) -> list[int]:
        """Slots without an id, a heap; derived when it is asked for."""
        if not self._free_known:
            self._free = [slot for slot, key in enumerate(self._ids) if not key]
            self._free_known = True
        return self._free


def initial(key: str, column: Column) -> Array:
    """What a new row holds in a column: the same for a key, always.

    >>> initial("values/a", Column((2,), fill=0.5))
    array([0.5, 0.5], dtype=float32)
    """
    row = np.full(column.shape, column.fill, column.dtype)
    if column.spread:
        digest = hashlib.blake2b(key.encode(), digest_size=16).digest()
        rng = np.random.Generator(np.random.Philox(key=int.from_bytes(digest)))
        row += (rng.standard_normal(column.shape) * column.spread).astype(row.dtype)
    return row


def _empty(column: Column, length: int) -> Array:
    return np.zeros((length, *column.shape), column.dtype)


def _bytes(column: Column) -> int:
    return math.prod(column.shape) * np.dtype(column.dtype).itemsize


_BLOCK_BYTES = 384 * 1024
"""Of a block's columns; with the ids a record is below 512 KiB."""
