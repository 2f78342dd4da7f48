"""All that an audience says of candidates, for a user of some kind."""

from typing import NamedTuple

from pipeline.logic.arrays import Matrix, Slots
from pipeline.logic.kernels.audience import (
    Audiences,
    fill_attributes,
    fill_buckets,
    fill_experience,
)
from pipeline.logic.kernels.jit import kernel
from pipeline.logic.kernels.leaders import Values


class Kind(NamedTuple):
    """What kind of user is asked for.

    Args:
        buckets: The user's.
        totals: Events of all items in each of these.
        priors: Of each.
        places: Of each attribute, where it stands in `attributes`; -1 if the user lacks
            it.
        attributes: Counts over all items of the user's attributes.
        prior: Of all attributes.
        experience: ln(1 + history).
    """

    buckets: Slots
    totals: Values
    priors: Values
    places: Slots
    attributes: Values
    prior: float
    experience: float


@kernel
def audience_features(
    audiences: Audiences,
    pairs: tuple[Slots, Slots, Slots],
    slots: Slots,
    kind: Kind,
    out: Matrix,
) -> None:
    """Fill the rows of `out`, (buckets + 4, n), with all that is said of candidates.

    Args:
        audiences: Of the items.
        pairs: As of `fill_attributes`.
        slots: The candidates.
        kind: Of the user.
        out: Lifts in buckets; mean and largest lift over attributes; experience.
    """
    end = len(kind.buckets)
    fill_buckets(audiences, slots, kind.buckets, kind.totals, kind.priors, out[:end])
    rows = out[end : end + 2]
    places, totals = kind.places, kind.attributes
    fill_attributes(audiences, pairs, slots, places, totals, kind.prior, rows)
    fill_experience(audiences, slots, kind.experience, out[end + 2 :])
