"""Items of names: the newest, and in order of their worth."""

import numpy as np

from pipeline.logic.arrays import Mask, Slots
from pipeline.logic.kernels.jit import kernel
from pipeline.logic.kernels.leaders import Lines, Values, move

LOOKED_AT = 200
"""So many of a name's newest items are looked at for some that may be listed."""


@kernel
def move_named(
    worth: Values, lines: Lines, line_of: Slots, names: Slots, slot: int, new: float
) -> None:
    """Put a slot where its new worth belongs, in the lines of some names.

    Args:
        worth: Of items, (slots, 1); the slot's own is what it was.
        lines: Of names.
        line_of: The line of each name, -1 for none.
        names: Those of the item.
        slot: Its slot.
        new: What it is worth from now on.
    """
    for name in names:
        if line_of[name] >= 0:
            move(worth, 0, lines, line_of[name], slot, worth[slot, 0], new)


@kernel
def items_of_all(
    names: Slots,
    newest_of: tuple[Slots, Slots, Slots],
    shelves: tuple[Lines, Slots],
    listable: Mask,
    newest: int,
    best: int,
    out: Slots,
) -> int:
    """Write the items of several names; how many were written.

    Args:
        names: Which.
        newest_of: The newest items of one name after the other, the newest last; where
            each name's begin; how many each has.
        shelves: The best items of names; the line of each name, -1 for none, and none
            beyond the end.
        listable: Of each slot, whether it may be taken; none beyond its end.
        newest: So many of each name.
        best: So many of each name.
        out: With room for all.

    Returns:
        `-1 - i`, if so many left the line of `names[i]` that others may be better.
    """
    flat, starts, lengths = newest_of
    lines, line_of = shelves
    end = 0
    for i in range(len(names)):
        name = names[i]
        at = line_of[name] if name < len(line_of) else -1
        if at >= 0 and sunken(lines, at):
            return -1 - i
        who = flat[starts[name] : starts[name] + lengths[name]]
        end += items_of(who, lines, at, listable, newest, best, out[end:])
    return end


@kernel
def sunken(lines: Lines, at: int) -> bool:
    """Whether so many left a line that others may be better."""
    few = 2 * lines.sizes[at] < lines.slots.shape[1]
    return bool(few and lines.bars[at, 0] > -np.inf)


@kernel
def items_of(
    who: Slots,
    lines: Lines,
    at: int,
    listable: Mask,
    newest: int,
    best: int,
    out: Slots,
) -> int:
    """Write listable items of a name, the newest and the best; how many were written.

    Args:
        who: Items of the name, the newest last.
        lines: The best items of names.
        at: The line of this name; -1 if it has none, then all of its items are written.
        listable: Of each slot, whether it may be taken; none beyond its end.
        newest: So many.
        best: So many.
        out: With room for all.
    """
    end = 0
    most = newest if at >= 0 else len(who)
    for i in range(len(who) - 1, max(len(who) - 1 - LOOKED_AT, -1), -1):
        if end == most:
            break
        if who[i] < len(listable) and listable[who[i]]:
            out[end] = who[i]
            end += 1
    if at >= 0:
        most = end + best
        for slot in lines.slots[at, : lines.sizes[at]]:
            if end == most:
                break
            if slot < len(listable) and listable[slot]:
                out[end] = slot
                end += 1
    return end
