"""Ranked slots -> the items of a slate, and why each is there."""

from collections.abc import Sequence

import numpy as np

from pipeline.logic.arrays import Matrix
from pipeline.logic.catalogue import Catalogue
from pipeline.logic.expert import Moment
from pipeline.logic.ranking import Ranked
from topics.recommendations import Reason, Recommended

CATALOGUE = "catalogue"
"""The reason of an item that no expert speaks for: it is there, and little else is."""


def recommended(
    catalogue: Catalogue, moment: Moment, ranked: Ranked
) -> list[Recommended]:
    """The items of a list.

    The policy is deterministic (no exploration), so each item's propensity is 1.

    Args:
        catalogue: Where the slots are from.
        moment: The user for whom they were ranked.
        ranked: The list.
    """
    experts = list(catalogue.voices)
    rows = zip(
        ranked.slots.tolist(),
        ranked.scores.astype(np.float64).round(4).tolist(),
        rounded(ranked.shares),
        strict=True,
    )
    return [
        Recommended(
            item_id=catalogue.id_of(slot),
            rank=rank,
            score=score,
            propensity=1.0,
            reasons=_reasons(catalogue, moment, slot, shares, experts),
        )
        for rank, (slot, score, shares) in enumerate(rows, start=1)
    ]


def rounded(shares: Matrix) -> list[list[float]]:
    """Shares to three places; the largest takes what rounding leaves of 1.

    >>> rounded(np.array([[1 / 3, 1 / 3, 1 / 3], [0, 0, 0]], np.float32))
    [[0.334, 0.333, 0.333], [0.0, 0.0, 0.0]]
    """
    places = shares.astype(np.float64).round(3)
    each = np.arange(len(places))
    left = np.where(places.any(axis=1), 1 - places.sum(axis=1), 0)
    places[each, places.argmax(axis=1)] += left
    kept: list[list[float]] = places.round(3).tolist()
    return kept


def _reasons(
    catalogue: Catalogue,
    moment: Moment,
    slot: int,
    shares: Sequence[float],
    experts: Sequence[str],
) -> list[Reason]:
    """The strongest first; it alone names the item behind it, as that takes time."""
    voices = [
        (share, expert)
        for share, expert in zip(shares, experts, strict=True)
        if share > 0
    ]
    if not voices:
        return [Reason(CATALOGUE, 1.0)]
    voices.sort(reverse=True)
    because = catalogue.because(voices[0][1], moment, slot)
    others = [Reason(expert, share) for share, expert in voices[1:]]
    return [Reason(voices[0][1], voices[0][0], because), *others]
