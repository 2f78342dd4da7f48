"""What an audience says of candidates."""

from math import log
from typing import NamedTuple

import numpy as np

from pipeline.logic.arrays import Matrix, Slots
from pipeline.logic.kernels.jit import kernel
from pipeline.logic.kernels.leaders import Values


class Audiences(NamedTuple):
    """Who acts on items.

    Args:
        counts: By bucket of users, below 0 for none, (slots, buckets).
        events: Of each item, (slots,).
        experience: Sums over an item's users of ln(1 + their history), (slots,).
        total: Events of all items.
    """

    counts: Values
    events: Values
    experience: Values
    total: float


@kernel
def usual_share(events: float, total: float) -> float:
    """Share of an item in all events; a little for one without any.

    >>> round(usual_share(9.9, 100), 3)
    0.05
    """
    return (events + 0.1) / (total + 100)


@kernel
def lift(count: float, total: float, share: float, prior: float) -> float:
    """How far an item's share of a part exceeds its share of the whole, as logarithm.

    Args:
        count: Of the item, in the part.
        total: Of all items, in the part.
        share: Of the item, in the whole.
        prior: So many counts are added as the whole has them.

    >>> round(lift(30, 90, 0.1, 10), 2), round(lift(0, 90, 0.1, 10), 2)
    (1.13, -2.3)
    """
    return log((count + prior * share) / ((total + prior) * share))


@kernel
def absence(total: float, prior: float) -> float:
    """The lift of an item that a part has none of, whatever its share of the whole.

    >>> round(absence(90, 10), 2)
    -2.3
    """
    return log(prior / (total + prior))


@kernel
def fill_buckets(
    audiences: Audiences,
    slots: Slots,
    buckets: Slots,
    totals: Values,
    priors: Values,
    out: Matrix,
) -> None:
    """Fill a row of `out`, (buckets, n), with the lifts in each bucket of the user.

    Args:
        audiences: Of the items.
        slots: The candidates; those without events, or beyond the arrays' end, get 0.
        buckets: The user's.
        totals: Of each of these, over all items.
        priors: Of each.
        out: Float32.
    """
    absent = np.empty(len(buckets))
    for j in range(len(buckets)):
        absent[j] = absence(totals[j], priors[j])
    for i in range(len(slots)):
        slot = slots[i]
        if slot >= len(audiences.events) or audiences.events[slot] <= 0:
            out[:, i] = 0
            continue
        share = usual_share(audiences.events[slot], audiences.total)
        for j in range(len(buckets)):
            count = audiences.counts[slot, buckets[j]]
            out[j, i] = absent[j]
            if count > 0:
                out[j, i] = lift(count, totals[j], share, priors[j])


@kernel
def fill_attributes(
    audiences: Audiences,
    pairs: tuple[Slots, Slots, Slots],
    slots: Slots,
    places: Slots,
    totals: Values,
    prior: float,
    out: Matrix,
) -> None:
    """Fill the rows of `out`, (2, n): mean and largest lift over a user's attributes.

    Args:
        audiences: Of the items.
        pairs: Attribute, count, attribute, count ... of one item after the other; where
            each item's begin, (slots,); how many numbers each has, (slots,).
        slots: The candidates; those without events, or beyond the arrays' end, get 0.
        places: Of each attribute, where it stands in `totals`; -1 if the user lacks it.
        totals: Counts over all items of the user's attributes.
        prior: Of all attributes.
        out: Float32.
    """
    flat, starts, lengths = pairs
    known = min(len(starts), len(audiences.events))
    counts, absent = totals.copy(), np.empty(len(totals))
    for j in range(len(totals)):
        absent[j] = absence(totals[j], prior)
    out[:] = 0
    for i in range(len(slots)):
        slot = slots[i]
        if slot >= known or audiences.events[slot] <= 0 or len(totals) == 0:
            continue
        counts[:] = 0
        for k in range(starts[slot], starts[slot] + lengths[slot], 2):
            place = places[flat[k]]
            if place >= 0:
                counts[place] = flat[k + 1]
        share = usual_share(audiences.events[slot], audiences.total)
        total, most = 0.0, -float("inf")
        for j in range(len(totals)):
            its = absent[j]
            if counts[j] > 0:
                its = lift(counts[j], totals[j], share, prior)
            total += its
            most = max(most, its)
        out[0, i] = total / len(totals)
        out[1, i] = most


@kernel
def fill_experience(
    audiences: Audiences, slots: Slots, own: float, out: Matrix
) -> None:
    """Fill the rows of `out`, (2, n): how far an item's users are from this one.

    Args:
        audiences: Of the items.
        slots: The candidates; those without events, or beyond the arrays' end, get 0.
        own: ln(1 + history) of the user.
        out: The mean's difference, and its absolute value, float32.
    """
    for i in range(len(slots)):
        slot = slots[i]
        apart = 0.0
        if slot < len(audiences.events) and audiences.events[slot] > 0:
            apart = audiences.experience[slot] / audiences.events[slot] - own
        out[0, i] = apart
        out[1, i] = abs(apart)


@kernel
def count_again(totals: Values, old: Slots, new: Slots) -> bool:
    """Count an item's attributes anew; whether one is now counted nowhere.

    Args:
        totals: By attribute, over all items.
        old: Attribute, count, attribute, count ... as they were.
        new: As they are.
    """
    for i in range(0, len(old), 2):
        totals[old[i]] -= old[i + 1]
    for i in range(0, len(new), 2):
        totals[new[i]] += new[i + 1]
    gone = False
    for i in range(0, len(old), 2):
        gone = gone or totals[old[i]] == 0
    return gone
