"""What each recent item counts for each feature of what is linked with it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots
from pipeline.logic.kernels.jit import kernel

FEATURES = (
    "cov8",
    "cov95",
    "fast",
    "fwd",
    "last",
    "max",
    "next",
    "time",
    "page",
    "sess",
    "wide",
)
COV8, COV95, FAST, FWD, LAST, MAX, NEXT, TIME, PAGE, SESS, WIDE = range(len(FEATURES))
LOOK_BACK = 60
"""How many recent items speak."""
NEAR = 20
"""How many of the last items speak where the nearer count more."""
Sums = NDArray[np.float32]
Amounts = NDArray[np.float64]


class Items(NamedTuple):
    """What is known of items, by node.

    Attributes:
        slots: -1 for an item without a row, int64 (nodes,).
        events: How many it had, float64 (nodes,).
        at_ms: The time as of which its fast counts are, float64 (nodes,).
        half_life_ms: Of fast counts.
    """

    slots: Slots
    events: Amounts
    at_ms: Amounts
    half_life_ms: float


@kernel
def weigh(
    shares: Sums, weights: Sums, elapsed_ms: int, events: float, faded: float
) -> None:
    """Say what a recent item counts for each feature.

    Args:
        shares: Filled, float32 (11,).
        weights: Of its place, float32 (11,).
        elapsed_ms: Since it was had.
        events: How many it had.
        faded: What 1 of its fast counts is worth now.
    """
    common = 1 / np.sqrt(max(events, 1.0))
    shares[:] = common * weights
    shares[FAST] *= faded
    shares[NEXT] = weights[NEXT] / (events + 3)
    shares[TIME] *= np.exp(-elapsed_ms / 600_000)
    shares[PAGE] = 1 / (events + 2) if elapsed_ms <= 2_000 else 0.0
    if elapsed_ms >= 1_800_000:
        shares[SESS] = 0


@kernel
def fade(items: Items, node: int, now_ms: float) -> float:
    """What a fast count of 1 in the row of an item is worth now."""
    age = (now_ms - items.at_ms[node]) / items.half_life_ms
    return float(2.0 ** -max(age, -60.0))


def _by_place() -> Sums:
    """What places weigh; 1 as far as a feature looks back if it is all the same."""
    gaps = np.arange(LOOK_BACK)
    near = gaps < NEAR
    weights = np.ones((len(FEATURES), LOOK_BACK), np.float32)
    weights[COV8] = weights[FWD] = weights[FAST] = near * 0.8**gaps
    weights[COV95] = 0.95**gaps
    weights[MAX] = 0.9**gaps
    weights[LAST] = gaps == 0
    weights[NEXT] = (gaps < 3) * 0.4**gaps
    weights[TIME] = near
    weights[WIDE] = 0.97**gaps
    return weights


WEIGHTS = _by_place()
"""What a place in the history weighs for each feature, the newest first, float32 (11,
60)."""
