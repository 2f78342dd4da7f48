"""A list in words: titles, and why each item is there."""

from collections.abc import Mapping

from topics.recommendations import Recommended

REASONS = 2
"""So many of an item's reasons are told, the strongest first."""


def title_of(item_id: str, titles: Mapping[str, str]) -> str:
    """The title, or the id where there is none."""
    return titles.get(item_id, item_id)


def why(item: Recommended, titles: Mapping[str, str]) -> str:
    """The strongest reasons of an item, in a few words.

    >>> from topics.recommendations import Reason
    >>> reasons = [Reason("covisitation", 0.61, "i7"), Reason("popularity", 0.39)]
    >>> why(Recommended("i1", 1, 0.5, 1.0, reasons), {"i7": "Fargo"})
    'covisitation 61 % (because of Fargo), popularity 39 %'
    """
    told = []
    for reason in item.reasons[:REASONS]:
        because = ""
        if reason.because is not None:
            because = f" (because of {title_of(reason.because, titles)})"
        told.append(f"{reason.expert} {reason.share * 100:.0f} %{because}")
    return ", ".join(told)
