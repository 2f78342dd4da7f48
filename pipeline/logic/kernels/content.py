"""What an item's names say of it, held against the names of a user's recent items."""

from math import log, log1p
from typing import NamedTuple

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.kernels.jit import kernel
from pipeline.logic.kernels.leaders import Values

DECAYS = (0.92, 0.7, 1.0)
"""By how much an event counts less than the one after it, by profile."""
PRIORS = (4.0, 2.0, 6.0)
"""So many events are added that are as the catalogue is, by profile."""


class Named(NamedTuple):
    """The names of items.

    Args:
        flat: Of one item after the other, int64.
        starts: Where each item's begin, int64 (slots,).
        lengths: How many each has, int64 (slots,).
        items: How many items have a name, float64 (names,).
        total: How many items have any name.
    """

    flat: Slots
    starts: Slots
    lengths: Slots
    items: Values
    total: float


class Profiles(NamedTuple):
    """How far a user's share of each name exceeds the catalogue's, as logarithm.

    Args:
        lifts: Above `bases`; 0 of a name that no recent item has, (names, profiles).
        bases: Of such names, (profiles,).
        touched: Names that recent items have, the first `size[0]`.
        size: Of `touched`, (1,).
    """

    lifts: Values
    bases: Values
    touched: Slots
    size: Slots


def no_profiles(names: int) -> Profiles:
    """Profiles with room for so many names."""
    return Profiles(
        np.zeros((names, len(DECAYS))),
        np.zeros(len(DECAYS)),
        np.zeros(names, np.int64),
        np.zeros(1, np.int64),
    )


@kernel
def profile(named: Named, recent: Slots, profiles: Profiles) -> None:
    """Make the profiles those of recent items.

    Args:
        named: Names of all items.
        recent: Slots, the newest last.
        profiles: Of anybody.
    """
    lifts, bases, touched = profiles.lifts, profiles.bases, profiles.touched
    for i in range(profiles.size[0]):
        lifts[touched[i]] = 0
    size = 0
    bases[:] = 0
    weights = np.ones(len(DECAYS))
    for slot in recent[::-1]:
        if slot >= len(named.lengths) or named.lengths[slot] == 0:
            continue
        for k in range(named.starts[slot], named.starts[slot] + named.lengths[slot]):
            name = named.flat[k]
            if lifts[name, 0] == 0:
                touched[size] = name
                size += 1
            for j in range(len(DECAYS)):
                lifts[name, j] += weights[j]
        for j in range(len(DECAYS)):
            bases[j] += weights[j]
            weights[j] *= DECAYS[j]
    for i in range(size):
        name = touched[i]
        share = (named.items[name] + 1) / (named.total + 10)
        for j in range(len(DECAYS)):
            lifts[name, j] = log1p(lifts[name, j] / (PRIORS[j] * share))
    for j in range(len(DECAYS)):
        bases[j] = log(PRIORS[j] / (bases[j] + PRIORS[j]))
    profiles.size[0] = size


@kernel
def content_features(
    named: Named, profiles: Profiles, slots: Slots, out: Matrix
) -> None:
    """Fill the rows of `out`, (profiles + 1, n): mean lifts of an item's names.

    The last row is the largest lift by the first profile.

    Args:
        named: Names of all items.
        profiles: Of the user.
        slots: The candidates; those without names get 0.
        out: Float32.
    """
    lifts, bases = profiles.lifts, profiles.bases
    out[:] = 0
    for i in range(len(slots)):
        slot = slots[i]
        if slot >= len(named.lengths) or named.lengths[slot] == 0:
            continue
        most = 0.0
        for k in range(named.starts[slot], named.starts[slot] + named.lengths[slot]):
            name = named.flat[k]
            for j in range(len(bases)):
                out[j, i] += lifts[name, j]
            most = max(most, lifts[name, 0])
        for j in range(len(bases)):
            out[j, i] = out[j, i] / named.lengths[slot] + bases[j]
        out[len(bases), i] = most + bases[0]


@kernel
def content_scores(named: Named, profiles: Profiles, slots: Slots, out: Vector) -> None:
    """Fill `out`, float32 (n,), with the mean lifts of items by the first profile.

    Args:
        named: Names of all items.
        profiles: Of the user.
        slots: The items, each of some name.
        out: Lifts above that of a name that no recent item has.
    """
    for i in range(len(slots)):
        slot = slots[i]
        total = 0.0
        for k in range(named.starts[slot], named.starts[slot] + named.lengths[slot]):
            total += profiles.lifts[named.flat[k], 0]
        out[i] = total / named.lengths[slot]


@kernel
def most_alike(named: Named, slots: Slots, recent: Slots) -> Slots:
    """For each item the recent one that shares most names with it, or -1, int64 (n,).

    Args:
        named: Names of all items.
        slots: The items, int64 (n,).
        recent: Slots, the newest last: of equal ones the newest is taken.
    """
    found = np.full(len(slots), -1, np.int64)
    for i in range(len(slots)):
        most = 0
        for slot in recent[::-1]:
            shared = shared_names(named, slots[i], slot)
            if shared > most:
                most, found[i] = shared, slot
    return found


@kernel
def shared_names(named: Named, one: int, other: int) -> int:
    """How many names two items have in common."""
    if max(one, other) >= len(named.lengths):
        return 0
    shared = 0
    start = named.starts[other]
    theirs = named.flat[start : start + named.lengths[other]]
    for k in range(named.starts[one], named.starts[one] + named.lengths[one]):
        for name in theirs:
            shared += int(name == named.flat[k])
    return shared
