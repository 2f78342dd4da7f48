"""Counts of an item's partners, as the item is had once more."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots, Times
from pipeline.logic.kernels.jit import kernel
from pipeline.logic.kernels.ties import share_out, ties

Counts = NDArray[np.float32]
COV, NEXT, FAST, TIME, WIDE = range(5)


class Shares(NamedTuple):
    """What an item that was had before adds to each count.

    Attributes:
        places: To `COV` and `FAST`, to `NEXT` and to `WIDE`, by how many items came
            after it, float32 (3, look-back).
        time_ms: So long before, it adds 1/e to `TIME`.
    """

    places: Counts
    time_ms: float


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

    Of what has the same time, each counts what they count on average.

    Args:
        counts: Of the item's partners, changed in place, float32 (5, capacity).
        places: Of the earlier items in `counts`, -1 for none, int64 (n,).
        elapsed_ms: From each of them to the item, below 0 if it came later, int64 (n,),
            n at most the look-back.
        shares: What they add.
        weight: Of all that.
        rise: What 1 is worth in `FAST`.
    """
    many = len(places)
    tied, by_gap = np.zeros(many, np.bool_), np.empty((3, many), np.float32)
    ties(elapsed_ms, tied)
    share_out(shares.places, tied, many, by_gap)
    for gap in range(many):
        place = places[gap]
        if place < 0:
            continue
        counts[COV, place] += by_gap[0, gap] * weight
        counts[FAST, place] += by_gap[0, gap] * weight * rise
        counts[NEXT, place] += by_gap[1, gap] * weight
        counts[TIME, place] += (
            np.exp(-max(elapsed_ms[gap], 0) / shares.time_ms) * weight
        )
        counts[WIDE, place] += by_gap[2, gap] * weight
