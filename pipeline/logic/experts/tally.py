"""Counts by text, in one or more columns; the weakest go when there are too many."""

from array import array
from sys import intern

import numpy as np

from pipeline.logic.expert import Section


class Tally:
    """Counts by text, in the order in which texts came.

    Args:
        names: Of the columns; the first says how strong a text is.
        section: As it stands in a row; empty for nothing counted.

    >>> tally = Tally(("seen",), {})
    >>> tally.add(["tea", "ale"])
    >>> tally.columns[0][tally.index()["ale"]] += 2
    >>> tally.keep(most=1, most_bytes=99)
    >>> tally.texts
    ['ale']
    """

    __slots__ = ("_cost", "_index", "columns", "names", "size", "texts")

    def __init__(self, names: tuple[str, ...], section: Section) -> None:
        self.names = names
        self._cost = 3 + 4 * len(names)
        # Interned: a text is counted in many rows.
        self.texts: list[str] = list(map(intern, section.get("ids", ())))
        self.columns = [array("f", section.get(name, b"")) for name in names]
        self.size = self._size_of(self.texts)
        self._index: dict[str, int] | None = None

    def section(self) -> Section:
        """As it stands in a row."""
        columns = zip(self.names, self.columns, strict=True)
        return {
            "ids": self.texts[:],
            **{name: column.tobytes() for name, column in columns},
        }

    def copied(self) -> "Tally":
        """Another one with the same counts."""
        other = object.__new__(Tally)
        other.names, other._cost = self.names, self._cost
        other.texts, other.size = self.texts[:], self.size
        other.columns = [column[:] for column in self.columns]
        other._index = None
        return other

    def index(self) -> dict[str, int]:
        """Where each text stands; made when it is asked for."""
        if self._index is None:
            self._index = dict(zip(self.texts, range(len(self.texts)), strict=True))
        return self._index

    def forget_index(self) -> None:
        """Give the index's memory back, which is twice that of all else."""
        self._index = None

    def add(self, texts: list[str]) -> None:
        """Have texts, each once, that are new and count nothing yet."""
        interned = list(map(intern, texts))
        first = len(self.texts)
        self.index().update(
            zip(interned, range(first, first + len(texts)), strict=True)
        )
        self.texts += interned
        for column in self.columns:
            column.frombytes(bytes(column.itemsize * len(texts)))
        self.size += self._size_of(texts)

    def keep(self, most: int, most_bytes: int) -> None:
        """If there are too many texts, let a quarter of what may be there go.

        The weakest go, of equals the oldest. Many at once, for it takes time.

        Args:
            most: So many texts there are at most.
            most_bytes: So many bytes they take in a row at most.
        """
        if len(self.texts) <= most and self.size <= most_bytes:
            return
        most -= most // 4
        most_bytes -= most_bytes // 4
        columns = [np.array(column, np.float32) for column in self.columns]
        strongest = np.argsort(columns[0], kind="stable")[::-1][:most]
        texts = [self.texts[place] for place in strongest.tolist()]
        size = self._size_of(texts)
        while size > most_bytes:
            size -= self._size_of([texts.pop()])
        kept = np.sort(strongest[: len(texts)])
        self.texts = [self.texts[place] for place in kept.tolist()]
        self.columns = [array("f", column[kept].tobytes()) for column in columns]
        self.size = size
        self._index = None

    def _size_of(self, texts: list[str]) -> int:
        """Bytes that texts take in a row with their counts."""
        return len("".join(texts).encode()) + self._cost * len(texts)
