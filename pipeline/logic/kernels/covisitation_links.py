"""Links from earlier items to later ones, kept in flat arrays and found from both ends.

The links that lead to a node lie in one block of `links`: its row. The links that come
from a node are listed in one block of `onward`, as places in `links`: first a heap of
the strongest with the weakest of them on top, then a heap of all others with the
strongest on top. So the strongest are known at any time, whatever came in what order.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.kernels.covisitation_blocks import Cells
from pipeline.logic.kernels.jit import kernel

LINK = np.dtype(
    [
        ("earlier", np.int32),  # node
        ("later", np.int32),  # node
        ("at", np.int32),  # index in the block of `onward`
        ("cov", np.float32),
        ("next", np.float32),
        ("fast", np.float32),
        ("time", np.float32),
        ("wide", np.float32),
    ]
)
"""A link; 32 bytes, so that a walk meets one cache line of each."""
Records = NDArray[np.void]
"""Of `LINK`."""


class Web(NamedTuple):
    """All links.

    Attributes:
        links: In blocks by their later node, `LINK` (places,).
        rows: First place, number of links and class of the block of each node, int32
            (nodes, 3); the class is -1 where there is no block.
        onward: Places, in blocks by the earlier node of the link, int32 (cells,).
        lists: First cell, number of places and class, as of `rows`, int32 (nodes, 3).
        ties: Decides between equally strong links by their later node, uint32 (nodes,).
        strongest: How many links are in the first heap of a list.
        free: Heads of chains of free blocks, and ends: int64 (2, classes + 1).
    """

    links: Records
    rows: Cells
    onward: Cells
    lists: Cells
    ties: NDArray[np.uint32]
    strongest: int
    free: NDArray[np.int64]


@kernel
def stronger(web: Web, one: int, other: int) -> bool:
    """Whether the link at one place is stronger than that at the other."""
    if web.links[one].cov != web.links[other].cov:
        return bool(web.links[one].cov > web.links[other].cov)
    return bool(web.ties[web.links[one].later] > web.ties[web.links[other].later])


@kernel
def sift(web: Web, base: int, first: int, end: int, index: int, rising: bool) -> None:
    """Bring the place at `index` to where it belongs in its heap.

    Args:
        web: All links.
        base: First cell of the block.
        first: Index in the block at which the heap begins.
        end: And before which it ends.
        index: Index in the block.
        rising: Whether the strongest is on top, else the weakest.
    """
    onward, links = web.onward, web.links
    place = onward[base + index]
    while index > first:
        above = first + (index - first - 1) // 2
        other = onward[base + above]
        if stronger(web, place, other) != rising:
            break
        onward[base + index] = other
        links[other].at = index
        index = above
    while True:
        below = first + 2 * (index - first) + 1
        if below >= end:
            break
        if below + 1 < end:
            left, right = onward[base + below], onward[base + below + 1]
            below += int(stronger(web, right, left) == rising)
        other = onward[base + below]
        if stronger(web, other, place) != rising:
            break
        onward[base + index] = other
        links[other].at = index
        index = below
    onward[base + index] = place
    links[place].at = index
