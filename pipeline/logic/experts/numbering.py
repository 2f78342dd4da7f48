"""Numbers for texts, so that kernels can tell texts apart."""

from array import array
from collections.abc import Iterable
from sys import intern

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.experts.grow import grown
from pipeline.logic.kernels.changes import Changes

Numbers = NDArray[np.int32]
NUMBER = 4
HOT_ROWS = 4_096
"""The numbers of so many rows are remembered: of those learnt from last."""
NUMBERS = 1 << 17
"""No more numbers are remembered: with each text some 150 bytes."""


class Numbering(dict[str, int]):
    """A number for each text that is asked for: 0, 1, 2, ...

    A number stands for its text until there are too many; so a row keeps its texts, and
    their numbers are only remembered while that helps.

    Args:
        beside: Bytes that a text takes in a row beside its own.

    >>> numbering = Numbering(beside=3)
    >>> numbering["tea"], numbering["café"], numbering["tea"], numbering.texts
    (0, 1, 0, ['tea', 'café'])
    >>> numbering.costs.tolist()
    [6, 8]
    """

    def __init__(self, beside: int) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hot: dict[int, bytes] = {}
        self._beside = beside
        self._costs = array("i")
        self._where = np.full(1024, -1, np.int32)

    def __missing__(self, text: str) -> int:
        # Interned: a text stands in many rows.
        text = intern(text)
        number = self[text] = len(self.texts)
        self.texts.append(text)
        self._costs.append(self._beside + len(text.encode()))
        return number

    def of(self, texts: Iterable[str]) -> Numbers:
        """The number of each text, int32 (texts,)."""
        numbers = list(map(self.__getitem__, texts))
        return np.fromiter(numbers, np.int32, len(numbers))

    def gather(self, slots: Iterable[int], rows: Iterable[list[str]]) -> Numbers:
        """Numbers of the texts of rows, one row's after the other's, int32 (texts,)."""
        hot = self._hot
        known = [
            hot.pop(slot, b"") or self.of(row).tobytes()
            for slot, row in zip(slots, rows, strict=True)
        ]
        return np.frombuffer(b"".join(known), np.int32)

    def scatter(
        self,
        slots: Iterable[int],
        rows: Iterable[list[str]],
        changes: Changes,
        numbers: Numbers,
    ) -> list[list[str]]:
        """Texts of rows after a kernel's changes; those before stay as they are.

        Args:
            slots: Of the rows.
            rows: As they were.
            changes: What is other than before.
            numbers: As they are, one row's after the other's, int32 (texts,).
        """
        places, new, first, start = changes.places.tolist(), self.texts, 0, 0
        texts = [new[number] for number in changes.numbers.tolist()]
        raw, changed = numbers.tobytes(), []
        told = zip(
            slots, rows, changes.ends.tolist(), changes.lengths.tolist(), strict=True
        )
        for slot, old, end, length in told:
            row = old[:length]
            added = end - (length - len(row))
            for at in range(first, added):
                row[places[at]] = texts[at]
            row += texts[added:end]
            changed.append(row)
            self._hot[slot] = raw[NUMBER * start : NUMBER * (start + length)]
            first, start = end, start + length
        while len(self._hot) > HOT_ROWS:
            del self._hot[next(iter(self._hot))]
        return changed

    def forget(self, slot: int) -> None:
        """A row is another one now."""
        self._hot.pop(slot, None)

    @property
    def costs(self) -> NDArray[np.int32]:
        """Bytes that each text takes in a row, int32 (texts,)."""
        return np.array(self._costs, np.int32)

    @property
    def where(self) -> NDArray[np.int32]:
        """One -1 a number at least, for kernels; they leave it as it was."""
        self._where = grown(self._where, len(self.texts), -1)
        return self._where

    def bound(self) -> None:
        """Forget all numbers, if there are too many; they are given out afresh."""
        if len(self) > NUMBERS:
            self.clear()
            self._hot.clear()
            self.texts.clear()
            del self._costs[:]
