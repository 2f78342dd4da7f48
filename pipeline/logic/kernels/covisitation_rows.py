"""The row of a node, its partners, as a new value of it comes."""

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots
from pipeline.logic.kernels.covisitation_blocks import (
    Cells,
    class_of,
    give,
    size_of,
    take,
)
from pipeline.logic.kernels.covisitation_links import Web
from pipeline.logic.kernels.covisitation_lists import enter, leave, settle
from pipeline.logic.kernels.jit import kernel

Counts = NDArray[np.float32]


@kernel
def fill(web: Web, place: int, counts: Counts, index: int) -> None:
    """Let a link have the counts of the partner at `index`."""
    link = web.links[place]
    link.cov, link.next = counts[0, index], counts[1, index]
    link.fast = counts[2, index]
    link.time, link.wide = counts[3, index], counts[4, index]


@kernel
def move(web: Web, place: int, to: int) -> None:
    """Move a link to another place."""
    web.links[to] = web.links[place]
    node = web.links[to].earlier
    web.onward[web.lists[node, 0] + web.links[to].at] = to


@kernel
def renew(
    web: Web, node: int, partners: Slots, counts: Counts, wanted: Cells, ends: Slots
) -> tuple[int, int, int]:
    """Bring the links that lead to a node up to date: those that there are already.

    Args:
        web: All links.
        node: The later one.
        partners: The earlier ones, distinct, int64 (n,).
        counts: Of each, float32 (5, n).
        wanted: Zeros; left with 1 + the index of each partner that has no link yet,
            int32 (nodes,).
        ends: Filled with the partners that are no more, int64 (length of the row,).

    Returns:
        How many they are; how many partners have no link yet, and how many cells of
        `onward` they may need.
    """
    for index in range(len(partners)):
        wanted[partners[index]] = index + 1
    start, gone = web.rows[node, 0], 0
    for place in range(start + web.rows[node, 1] - 1, start - 1, -1):
        earlier = web.links[place].earlier
        if wanted[earlier] == 0:
            leave(web, place)
            ends[gone] = earlier
            gone += 1
            web.rows[node, 1] -= 1
            last = start + web.rows[node, 1]
            if last != place:
                move(web, last, place)
    for place in range(start, start + web.rows[node, 1]):
        earlier = web.links[place].earlier
        cov = web.links[place].cov
        fill(web, place, counts, wanted[earlier] - 1)
        wanted[earlier] = 0
        if web.links[place].cov != cov:
            settle(web, place)
    cells = 0
    for partner in partners:
        kind = web.lists[partner, 2]
        if wanted[partner] and (kind < 0 or web.lists[partner, 1] == size_of(kind)):
            cells += size_of(kind + 1)
    return gone, len(partners) - web.rows[node, 1], cells


@kernel
def extend(web: Web, node: int, partners: Slots, counts: Counts, wanted: Cells) -> None:
    """Have links from partners that have none yet; all arrays must have room.

    Args:
        web: All links.
        node: The later one.
        partners: As `renew` was given them.
        counts: Of each.
        wanted: As `renew` left it; left as zeros.
    """
    start, length, kind = web.rows[node]
    chain = web.links["earlier"]
    if kind < 0 or len(partners) > size_of(kind):
        new = class_of(len(partners))
        base = take(chain, web.free[0], new)
        for index in range(length):
            move(web, start + index, base + index)
        if kind >= 0:
            give(chain, web.free[0], kind, start)
        start = base
        web.rows[node, 0], web.rows[node, 2] = base, new
    for index in range(len(partners)):
        if wanted[partners[index]]:
            wanted[partners[index]] = 0
            place = start + length
            length += 1
            web.links[place].earlier = partners[index]
            web.links[place].later = node
            fill(web, place, counts, index)
            enter(web, place)
    web.rows[node, 1] = length


@kernel
def clear(web: Web, node: int) -> None:
    """Give the block of a node without links back."""
    if web.rows[node, 2] >= 0 and web.rows[node, 1] == 0:
        give(web.links["earlier"], web.free[0], web.rows[node, 2], web.rows[node, 0])
        web.rows[node, 2] = -1
