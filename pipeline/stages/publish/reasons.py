"""Ranked slots -> the items of a slate, and why each is there."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from pipeline.logic.arrays import Matrix, Slots
from pipeline.logic.catalogue import Catalogue
from pipeline.logic.expert import Moment
from pipeline.logic.ranking import Ranked
from topics.recommendations import Reason, Recommended

Voices = list[tuple[float, str]]
"""Shares and names of experts."""
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
    voices = [_voices(each, experts) for each in rounded(ranked.shares)]
    because = _because(catalogue, moment, ranked.slots, voices)
    rows = zip(
        ranked.slots.tolist(),
        ranked.scores.astype(np.float64).round(4).tolist(),
        voices,
        because,
        strict=True,
    )
    return [
        Recommended(
            item_id=catalogue.id_of(slot),
            rank=rank,
            score=score,
            propensity=1.0,
            reasons=_reasons(heard, cause),
        )
        for rank, (slot, score, heard, cause) in enumerate(rows, start=1)
    ]


def rounded(shares: Matrix) -> list[list[float]]:
    """Shares to three places; the largest takes what rounding leaves of 1.

    >>> rounded(np.array([[1 / 3, 1 / 3, 1 / 3], [0, 0, 0]], np.float32))
    [[0.334, 0.333, 0.333], [0.0, 0.0, 0.0]]
    """
    places = shares.astype(np.float64).round(3)
    each = np.arange(len(places))
    total = places.sum(axis=1)
    places[each, places.argmax(axis=1)] += (1 - total) * (total > 0)
    kept: list[list[float]] = places.round(3).tolist()
    return kept


def _voices(shares: Sequence[float], experts: Sequence[str]) -> Voices:
    """Those that speak for an item, the strongest first."""
    named = zip(shares, experts, strict=True)
    return sorted([each for each in named if each[0] > 0], reverse=True)


def _because(
    catalogue: Catalogue, moment: Moment, slots: Slots, voices: Sequence[Voices]
) -> list[str | None]:
    """For each item what its strongest expert gives as the recent item behind it."""
    because: list[str | None] = [None] * len(slots)
    leading: dict[str, list[int]] = {}
    for place, heard in enumerate(voices):
        if heard:
            leading.setdefault(heard[0][1], []).append(place)
    for expert, places in leading.items():
        causes = catalogue.because(expert, moment, slots[places])
        for place, cause in zip(places, causes, strict=True):
            because[place] = cause
    return because


def _reasons(voices: Voices, because: str | None) -> list[Reason]:
    """The strongest first; it alone names the item behind it."""
    if not voices:
        return [Reason(CATALOGUE, 1.0)]
    share, expert = voices[0]
    others = [_reason(name, part) for part, name in voices[1:]]
    return [Reason(expert, share, because), *others]


@lru_cache(8_192)
def _reason(expert: str, share: float) -> Reason:
    """Kept: of each expert there are a thousand, and a list has some thirty."""
    return Reason(expert, share)
