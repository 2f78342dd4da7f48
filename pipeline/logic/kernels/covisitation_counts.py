"""Counts of an item's partners, as the item is had once more."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots, Times
from pipeline.logic.kernels.jit import kernel

Counts = NDArray[np.float32]
COV, NEXT, FAST, TIME, WIDE = range(5)


class Shares(NamedTuple):
    """What an item that was had before adds to each count.

    Attributes:
        cov: To `COV` and `FAST`, by how many items came after it, float32 (20,).
        next: To `NEXT`, likewise, float32 (3,).
        time_ms: So long before, it adds 1/e to `TIME`.
        wide: To `WIDE`, by how many items came after it, float32 (60,).
    """

    cov: Counts
    next: Counts
    time_ms: float
    wide: Counts


@kernel
def count(
    counts: Counts,
    places: Slots,
    elapsed_ms: Times,
    shares: Shares,
    weight: float,
    rise: float,
) -> None:
    """Count what a user had before an item, the newest first.

    Args:
        counts: Of the item's partners, changed in place, float32 (5, capacity).
        places: Of the earlier items in `counts`, -1 for none, int64 (n,).
        elapsed_ms: From each of them to the item, below 0 if it came later, int64 (n,).
        shares: What they add.
        weight: Of all that.
        rise: What 1 is worth in `FAST`.
    """
    for gap in range(len(places)):
        place = places[gap]
        if place < 0:
            continue
        if gap < len(shares.cov):
            counts[COV, place] += shares.cov[gap] * weight
            counts[FAST, place] += shares.cov[gap] * weight * rise
        if gap < len(shares.next):
            counts[NEXT, place] += shares.next[gap] * weight
        counts[TIME, place] += (
            np.exp(-max(elapsed_ms[gap], 0) / shares.time_ms) * weight
        )
        if gap < len(shares.wide):
            counts[WIDE, place] += shares.wide[gap] * weight
