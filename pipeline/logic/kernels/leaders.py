"""Lines of slots in the order of their values, as values change one by one."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Mask, Slots
from pipeline.logic.kernels.jit import kernel

Values = NDArray[np.float64]


class Lines(NamedTuple):
    """Slots in the order of their values, several lines.

    Args:
        slots: In order, int64 (lines, at most).
        sizes: How many each line has, int64 (lines,).
        bars: Value and slot of the best that is not in the line, float64 (lines, 2).
    """

    slots: Slots
    sizes: Slots
    bars: Values


def no_lines(number: int, keep: int) -> Lines:
    """Empty lines that take so many slots at most."""
    return Lines(
        np.zeros((number, keep), np.int64),
        np.zeros(number, np.int64),
        np.full((number, 2), -np.inf),
    )


@kernel
def place(
    values: Values,
    column: int,
    line: Slots,
    low: int,
    high: int,
    slot: int,
    value: float,
) -> int:
    """Where a slot of this value stands, or would stand, in a part of a line.

    The largest value stands first; of equal ones the lowest slot.

    Args:
        values: By slot and column; the slot's own is not looked at.
        column: The one that the line is ordered by.
        line: Slots in order.
        low: Where the part begins.
        high: Where it ends.
        slot: In the part already or not.
        value: Of the slot.
    """
    while low < high:
        middle = (low + high) // 2
        other = line[middle]
        its = value if other == slot else values[other, column]
        if its > value or (its == value and other < slot):
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def bring_forward(part: Slots) -> None:
    """The last becomes the first."""
    last = part[-1]
    for i in range(len(part) - 1, 0, -1):
        part[i] = part[i - 1]
    part[0] = last


@kernel
def put_back(part: Slots) -> None:
    """The first becomes the last."""
    first = part[0]
    for i in range(len(part) - 1):
        part[i] = part[i + 1]
    part[-1] = first


@kernel
def move(
    values: Values,
    column: int,
    lines: Lines,
    at: int,
    slot: int,
    old: float,
    new: float,
) -> None:
    """Put a slot where its new value belongs in a line.

    Args:
        values: By slot and column; the slot's own is not looked at.
        column: The one that the line is ordered by.
        lines: Of which one is changed.
        at: The number of that one.
        slot: Whose value changes.
        old: Its value before; minus infinity if it had none.
        new: Its value from now on; minus infinity takes it out.
    """
    line, size, bar = lines.slots[at], lines.sizes[at], lines.bars[at]
    i = place(values, column, line, 0, size, slot, old)
    inside = i < size and line[i] == slot
    if new < bar[0] or (new == bar[0] and not slot < bar[1]):
        if inside:
            put_back(line[i:size])
            lines.sizes[at] -= 1
    elif inside and new > old:
        bring_forward(line[place(values, column, line, 0, i, slot, new) : i + 1])
    elif inside:
        put_back(line[i : place(values, column, line, i + 1, size, slot, new)])
    else:
        insert(values, column, lines, at, slot, new)


@kernel
def insert(
    values: Values, column: int, lines: Lines, at: int, slot: int, value: float
) -> None:
    """Put a slot, which is above the bar, in a line; a full line loses its last."""
    line, size, bar = lines.slots[at], lines.sizes[at], lines.bars[at]
    i = place(values, column, line, 0, size, slot, value)
    if i == len(line):
        bar[0], bar[1] = value, slot
        return
    if size == len(line):
        size -= 1
        bar[0], bar[1] = values[line[size], column], line[size]
    line[size] = slot
    bring_forward(line[i : size + 1])
    lines.sizes[at] = size + 1


@kernel
def move_all(values: Values, lines: Lines, slot: int, news: Values) -> None:
    """Take the new values of a slot, each in its column's line."""
    for column in range(len(news)):
        old, new = values[slot, column], news[column]
        if new != old:
            move(values, column, lines, column, slot, old, new)
            values[slot, column] = new


@kernel
def first_open(lines: Lines, wanted: Slots, listable: Mask, n: int, out: Slots) -> int:
    """Write the first `n` listable slots of some lines; how many were written.

    Args:
        lines: To look at.
        wanted: Which of them.
        listable: Of each slot, whether it may be taken; none beyond its end.
        n: Of each line.
        out: Room for so many of each.
    """
    end = 0
    for at in wanted:
        most = end + n
        for i in range(lines.sizes[at]):
            if end == most:
                break
            slot = lines.slots[at, i]
            if slot < len(listable) and listable[slot]:
                out[end] = slot
                end += 1
    return end
