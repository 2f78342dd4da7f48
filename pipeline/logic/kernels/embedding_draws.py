"""Which negatives a sample gets, and which samples are replayed beside it.

Numbers come from a counter through the mixing function of splitmix64 (Steele, Lea and
Flood, "Fast splittable pseudorandom number generators", 2014): each sample has a
stream of its own, whatever it is learnt together with.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots
from pipeline.logic.kernels.jit import kernel

Seeds = NDArray[np.uint64]
Rows = NDArray[np.int32]


@kernel
def mixed(state: np.uint64) -> np.uint64:
    """The splitmix64 number of a state.

    >>> mixed(np.uint64(0x9E3779B97F4A7C15)) == np.uint64(0xE220A8397B1DCDAF)
    np.True_
    """
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def seeds_of(seed: int, n: int) -> Seeds:
    """A seed for each of `n` samples, out of one of up to 128 bits; uint64 (n,)."""
    first = (seed ^ (seed >> 64)) & _MASK
    return np.array([(first + each * _APART) & _MASK for each in range(n)], np.uint64)


@kernel
def below(state: np.uint64, n: int) -> int:
    """A number of 0 to n - 1, for n below 2 to the power of 32."""
    return int(((mixed(state) >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@kernel
def draw(
    seeds: Seeds,
    items: Slots,
    window: int,
    ends: Slots,
    used: Slots,
    steps: Slots,
    rows: Rows,
) -> None:
    """Draw the replays beside each sample, and the negatives of every step.

    Negatives of a step are distinct, occupied and not its own item; so there may be
    fewer than asked for.

    Args:
        seeds: Of each new sample, uint64 (n,).
        items: Item rows of all samples kept, the new ones last, int64 (kept,).
        window: Out of how many samples before a new one to replay.
        ends: How many item rows there were when a new sample came, int64 (n,).
        used: Of each item row, 0 where it is free, int64 (items,).
        steps: Filled with places in `items`: each new sample, then its replays, -1
            where there is nothing to replay; int64 (n, 1 + replays).
        rows: Filled with negatives, -1 after the last, int32 (n, 1 + replays, most).
    """
    drawn = np.full(len(used), -1, np.int32)
    number = 0
    for n in range(len(seeds)):
        state = seeds[n]
        place = len(items) - len(seeds) + n
        oldest = max(0, place - window)
        for step in range(steps.shape[1]):
            steps[n, step] = place if step == 0 else -1
            if step > 0 and place > oldest:
                state += _GOLDEN
                steps[n, step] = oldest + below(state, place - oldest)
            count = 0
            if steps[n, step] >= 0:
                drawn[items[steps[n, step]]] = number
                for _ in range(2 * rows.shape[2]):
                    if count == rows.shape[2]:
                        break
                    state += _GOLDEN
                    row = below(state, ends[n])
                    if used[row] > 0 and drawn[row] != number:
                        drawn[row] = number
                        rows[n, step, count] = row
                        count += 1
            rows[n, step, count:] = -1
            number += 1


_MASK = (1 << 64) - 1
_APART = 0xD1342543DE82EF95
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
