"""From a user's recent items along their links, to what is linked with them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots, Times
from pipeline.logic.kernels.covisitation_links import LINK, Web
from pipeline.logic.kernels.covisitation_weights import (
    COV8,
    COV95,
    FAST,
    FEATURES,
    FWD,
    LAST,
    MAX,
    NEXT,
    PAGE,
    SESS,
    TIME,
    WEIGHTS,
    WIDE,
    Items,
    Sums,
    fade,
    weigh,
)
from pipeline.logic.kernels.jit import kernel
from pipeline.logic.kernels.ties import share_out, ties

_FIRST = len(FEATURES)
FAST_ONWARD, PAIR, PAIR_GAP, LOUD, LOUD_GAP = range(_FIRST, _FIRST + 5)
"""Columns beside those of features: `FAST` by links onward, as of each row's own time;
what the recent item that was last at a node said, and its gap; the same of the one that
said most for `COV8`."""
COLUMNS = 16
"""More than are used, so that the sums of a node are one cache line."""


class Found(NamedTuple):
    """Nodes that a walk came to, and what it heard of them.

    Attributes:
        sums: By node and column, meant where the node was met, float32 (nodes, 16).
        met: Number of the walk that met each node last, int64 (nodes,).
        nodes: Those that this walk met, int32 (nodes,).
    """

    sums: Sums
    met: NDArray[np.int64]
    nodes: NDArray[np.int32]


@kernel
def meet(found: Found, walk: int, number: int, node: int) -> int:
    """Have a node among those met; how many there are now."""
    found.met[node] = walk
    found.sums[node] = 0
    found.sums[node, PAIR_GAP] = found.sums[node, LOUD_GAP] = -1
    found.nodes[number] = node
    return number + 1


@kernel
def larger(one: np.float32, other: np.float32) -> np.float32:
    """The larger of two numbers; `max` minds NaN, and is slow."""
    return one if one > other else other


@kernel
def walk_back(
    web: Web, found: Found, walk: int, number: int, node: int, gap: int, shares: Sums
) -> int:
    """Follow the links that lead to a recent item.

    Args:
        web: All links.
        found: Filled.
        walk: Its number.
        number: How many nodes it has met.
        node: The recent item.
        gap: How many items were after it.
        shares: What it counts for each feature, float32 (11,).

    Returns:
        How many nodes it has met now.
    """
    links, all_sums, met = web.links, found.sums, found.met
    cov8, cov95, wide, widest = shares[COV8], shares[COV95], shares[WIDE], shares[MAX]
    fast, time, last = shares[FAST], shares[TIME], shares[LAST]
    sess, page = shares[SESS], shares[PAGE]
    its_gap = np.float32(gap)
    rare = sess > 0 or page > 0 or last > 0
    start = web.rows[node, 0]
    for place in range(start, start + web.rows[node, 1]):
        other, cov = links[place].earlier, links[place].cov
        if met[other] != walk:
            number = meet(found, walk, number, other)
        sums = all_sums[other]
        sums[COV95] += cov95 * cov
        sums[WIDE] += wide * links[place].wide
        sums[MAX] = larger(sums[MAX], widest * cov)
        sums[PAIR], sums[PAIR_GAP] = cov, its_gap
        if cov8 > 0:
            sums[COV8] += cov8 * cov
            sums[TIME] += time * links[place].time
            sums[FAST] += fast * links[place].fast
            said = cov8 * cov
            louder = said > sums[LOUD]
            sums[LOUD] = said if louder else sums[LOUD]
            sums[LOUD_GAP] = its_gap if louder else sums[LOUD_GAP]
        if rare:
            sums[SESS] += sess * cov
            sums[LAST] += last * cov
            sums[PAGE] += page * links[place].time
    return number


@kernel
def walk_onward(
    web: Web, found: Found, walk: int, number: int, node: int, gap: int, shares: Sums
) -> int:
    """Follow the strongest links that come from a recent item; see `walk_back`."""
    all_sums, met = found.sums, found.met
    cov8, cov95, wide, widest = shares[COV8], shares[COV95], shares[WIDE], shares[MAX]
    fwd, time, last, after = shares[FWD], shares[TIME], shares[LAST], shares[NEXT]
    sess, page = shares[SESS], shares[PAGE]
    its_gap = np.float32(gap)
    rare = sess > 0 or page > 0 or last > 0
    start, many = web.lists[node, 0], min(web.lists[node, 1], web.strongest)
    # They lie far apart: waits for memory overlap while nothing else is done. Whole
    # records would be copied byte by byte.
    links = np.empty(many, LINK)
    for place in range(many):
        link, each = web.links[web.onward[start + place]], links[place]
        each.later, each.cov, each.wide = link.later, link.cov, link.wide
        each.time, each.fast, each.next = link.time, link.fast, link.next
    for place in range(many):
        other, cov = links[place].later, links[place].cov
        if met[other] != walk:
            number = meet(found, walk, number, other)
        sums = all_sums[other]
        both = cov + sums[PAIR] * np.float32(sums[PAIR_GAP] == its_gap)
        sums[COV95] += cov95 * cov
        sums[WIDE] += wide * links[place].wide
        sums[MAX] = larger(sums[MAX], widest * both)
        if cov8 > 0:
            sums[COV8] += cov8 * cov
            sums[TIME] += time * links[place].time
            sums[FAST_ONWARD] += cov8 * links[place].fast
            sums[FWD] += fwd * cov
            sums[NEXT] += after * links[place].next
            said = cov8 * both
            louder = said > sums[LOUD]
            sums[LOUD] = said if louder else sums[LOUD]
            sums[LOUD_GAP] = its_gap if louder else sums[LOUD_GAP]
        if rare:
            sums[SESS] += sess * cov
            sums[LAST] += last * cov
            sums[PAGE] += page * links[place].time
    return number


@kernel
def walk_from(
    web: Web,
    items: Items,
    found: Found,
    walk: int,
    recent: Slots,
    times_ms: Times,
    now_ms: int,
) -> int:
    """Walk from recent items along all links, back and onward.

    Args:
        web: All links.
        items: At their ends.
        found: Filled.
        walk: Its number, above that of any walk before.
        recent: Nodes, the newest first, -1 for none, int64 (n,), n up to `LOOK_BACK`.
        times_ms: When each was had, int64 (n,).
        now_ms: Now.

    Returns:
        How many nodes it met.
    """
    number, many, shares = 0, len(recent), np.zeros(len(FEATURES), np.float32)
    tied, by_gap = np.zeros(many, np.bool_), np.empty_like(WEIGHTS)
    ties(times_ms, tied)
    share_out(WEIGHTS, tied, many, by_gap)
    for gap in range(many):
        node = recent[gap]
        if node < 0:
            continue
        ago_ms, faded = max(now_ms - times_ms[gap], 0), fade(items, node, now_ms)
        weigh(shares, by_gap[:, gap], ago_ms, items.events[node], faded)
        number = walk_back(web, found, walk, number, node, gap, shares)
        number = walk_onward(web, found, walk, number, node, gap, shares)
    for node in found.nodes[:number]:
        sums = found.sums[node]
        if sums[FAST_ONWARD] > 0:
            sums[FAST] += sums[FAST_ONWARD] * fade(items, node, now_ms)
    return number
