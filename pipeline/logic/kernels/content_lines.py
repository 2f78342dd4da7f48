"""Items of names: the newest, and in order of their worth."""

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
        who: All items of the name, the newest last.
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
