"""Which members of rows a kernel has replaced or added."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots
from pipeline.logic.kernels.jit import kernel

Numbers = NDArray[np.int32]


class Changes(NamedTuple):
    """Members that are others than before, by row and place, ascending.

    Attributes:
        lengths: How many members each row has now, int64 (rows,).
        ends: Where its changes end, int64 (rows,).
        places: Where they stand in their rows, int32 (changes,).
        numbers: Which they are, int32 (changes,).
    """

    lengths: Slots
    ends: Slots
    places: Numbers
    numbers: Numbers


@kernel
def new_changes(rows: int, most: int) -> Changes:
    """Room for so many changes, to be cut off by `only`."""
    return Changes(
        np.zeros(rows, np.int64),
        np.zeros(rows, np.int64),
        np.empty(most, np.int32),
        np.empty(most, np.int32),
    )


@kernel
def note_changes(changes: Changes, row: int, before: Numbers, after: Numbers) -> None:
    """Note what has changed in a row, after the rows before it.

    >>> changes = new_changes(2, most=9)
    >>> before, after = np.array([7, 8, 9], np.int32), np.array([7, 5], np.int32)
    >>> note_changes(changes, 0, before, after)
    >>> note_changes(changes, 1, after, before)
    >>> changes.ends.tolist(), changes.places[:3].tolist()
    ([1, 3], [1, 1, 2])
    """
    end = changes.ends[row - 1] if row else 0
    for place, number in enumerate(after):
        if place >= len(before) or before[place] != number:
            changes.places[end], changes.numbers[end] = place, number
            end += 1
    changes.ends[row], changes.lengths[row] = end, len(after)


@kernel
def only(changes: Changes) -> Changes:
    """The changes of all rows, without the room that was left."""
    lengths, ends, places, numbers = changes
    end = ends[-1]
    return Changes(lengths, ends, places[:end], numbers[:end])
