"""Ranked slots -> the items of a slate, and why each is there."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from pipeline.logic.arrays import Slots
from pipeline.logic.catalogue import Catalogue
from pipeline.logic.expert import Moment
from pipeline.logic.kernels.shares import loudest_first
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
    order, shares = loudest_first(ranked.shares)
    heard = np.count_nonzero(shares, axis=1).tolist()
    voices = [
        [experts[each] for each in row[:count]]
        for row, count in zip(order.tolist(), heard, strict=True)
    ]
    rows = zip(
        ranked.slots.tolist(),
        ranked.scores.astype(np.float64).round(4).tolist(),
        voices,
        shares.tolist(),
        _because(catalogue, moment, ranked.slots, voices),
        strict=True,
    )
    return [
        Recommended(
            catalogue.id_of(slot), rank, score, 1.0, _reasons(voice, parts, because)
        )
        for rank, (slot, score, voice, parts, because) in enumerate(rows, start=1)
    ]


def _because(
    catalogue: Catalogue, moment: Moment, slots: Slots, voices: Sequence[Sequence[str]]
) -> list[str | None]:
    """For each item what its strongest expert gives as the recent item behind it."""
    because: list[str | None] = [None] * len(slots)
    led: dict[str, list[int]] = {}
    for place, heard in enumerate(voices):
        if heard:
            led.setdefault(heard[0], []).append(place)
    for expert, places in led.items():
        causes = catalogue.because(expert, moment, slots[places])
        for place, cause in zip(places, causes, strict=True):
            because[place] = cause
    return because


def _reasons(
    voices: Sequence[str], shares: Sequence[float], because: str | None
) -> list[Reason]:
    """The strongest first; it alone names the item behind it."""
    reasons = list(map(_reason, voices, shares))
    if because is not None:
        reasons[0] = Reason(voices[0], shares[0], because)
    return reasons or [_reason(CATALOGUE, 1.0)]


@lru_cache(8_192)
def _reason(expert: str, share: float) -> Reason:
    """Kept: of each expert there are a thousand, and a list has some thirty."""
    return Reason(expert, share)
