"""One row of co-visitation laid out, for lessons to be counted in it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots, Times, Vector
from pipeline.logic.kernels.covisitation_counts import COV, WIDE, Counts, Shares
from pipeline.logic.kernels.jit import kernel

Numbers = NDArray[np.int32]
Floats = NDArray[np.float64]
CHANNELS = 5
LEAST_BYTES = 3 + 4 * CHANNELS
"""What any partner takes in a row."""


class Rules(NamedTuple):
    """What is counted, and how much is kept.

    Attributes:
        shares: What an item that was had before adds to each count.
        near: How many of the last items become partners by their place.
        since_ms: So long before, items become partners by their time.
        half_life_ms: Of fast counts.
        most: So many partners a row has at most.
        most_bytes: So many bytes they take in a row at most.
    """

    shares: Shares
    near: int
    since_ms: float
    half_life_ms: int
    most: int
    most_bytes: int


class Rows(NamedTuple):
    """Rows of co-visitation; what is of a row as a whole is changed in place.

    Attributes:
        lengths: How many partners each has, int64 (rows,).
        sizes: Bytes that they take, int64 (rows,).
        events: Interactions counted, float64 (rows,).
        at_ms: When fast counts are worth what they say, int64 (rows,).
        numbers: Of the partners, one row's after the other's, int32 (partners,).
        counts: One row's after the other's, each (CHANNELS, its length), float32.
    """

    lengths: Slots
    sizes: Slots
    events: Floats
    at_ms: Times
    numbers: Numbers
    counts: Vector


class Desk(NamedTuple):
    """One row, while lessons are counted in it.

    Attributes:
        where: Of each number its place in the row, or -1, int32 (numbers,).
        costs: Of each number the bytes that it takes in a row, int32 (numbers,).
        numbers: Of the partners, int32 (capacity,).
        counts: 0 beyond the partners, float32 (CHANNELS, capacity).
    """

    where: Numbers
    costs: Numbers
    numbers: Numbers
    counts: Counts


@kernel
def lay_out(desk: Desk, rows: Rows, start: int, length: int) -> None:
    """Lay a row out."""
    for place in range(length):
        number = rows.numbers[start + place]
        desk.numbers[place] = number
        desk.where[number] = place
    for channel in range(CHANNELS):
        first = CHANNELS * start + channel * length
        desk.counts[channel, :length] = rows.counts[first : first + length]


@kernel
def clear_away(
    desk: Desk, length: int, numbers: Numbers, counts: Vector, new: int
) -> None:
    """Put a row behind those that are done."""
    for place in range(length):
        number = desk.numbers[place]
        numbers[new + place] = number
        desk.where[number] = -1
    for channel in range(CHANNELS):
        first = CHANNELS * new + channel * length
        counts[first : first + length] = desk.counts[channel, :length]
        desk.counts[channel, :length] = 0


@kernel
def make_room(desk: Desk, rows: Rows, row: int, rules: Rules) -> None:
    """Let the weakest partners of too many go.

    A sixteenth more than need be goes, for finding them takes time.
    """
    most = rules.most - rules.most // 16
    most_bytes = rules.most_bytes - rules.most_bytes // 16
    left, size = rows.lengths[row], rows.sizes[row]
    weak = weakest(desk, left, max(left - most, (size - most_bytes) // LEAST_BYTES + 1))
    gone = 0
    while gone < len(weak) and (left > most or size > most_bytes):
        size -= desk.costs[desk.numbers[weak[gone]]]
        left -= 1
        gone += 1
    # The last first; the last one left moves into each place.
    end = rows.lengths[row]
    for place in np.sort(weak[:gone])[::-1]:
        end -= 1
        number, last = desk.numbers[place], desk.numbers[end]
        desk.numbers[place], desk.where[last] = last, place
        desk.where[number] = -1
        desk.counts[:, place] = desk.counts[:, end]
        desk.counts[:, end] = 0
    rows.lengths[row], rows.sizes[row] = left, size


@kernel
def weakest(desk: Desk, length: int, many: int) -> Slots:
    """So many of the weakest partners at least, or all; of equals the first before.

    They are found among those up to the last one's strength: sorting all takes longer.
    """
    strength = desk.counts[COV, :length] + desk.counts[WIDE, :length]
    if many >= length:
        return np.argsort(strength, kind="mergesort")
    bound = np.partition(strength, many - 1)[many - 1]
    weak = np.flatnonzero(~(strength > bound))
    return weak[np.argsort(strength[weak], kind="mergesort")]
