"""Content, the reading side: items like those that a user cares for."""

from collections.abc import Mapping

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.expert import Moment, Part, Section
from pipeline.logic.experts.evidence import Amounts
from pipeline.logic.experts.names import Names
from pipeline.logic.rerank import cosine, one_hot

PRIOR = 4.0
"""So much interest is spread as the catalogue is, before anything is known."""
PROPOSING = 6
"""So many of a user's interests propose items."""
NEWEST = 60
"""So many items of one interest are proposed: the newest."""


class ContentReader:
    """Categories and tags of all items, held against a user's interest in them.

    An interest lifts an item by how far the user's share of it exceeds the
    catalogue's share.
    """

    name = "content"
    part: Part = "rows"
    feature_names = ("categories", "tags")

    def __init__(self) -> None:
        self._categories = Names()
        self._tags = Names()

    def assign(self, slot: int, section: Section) -> None:
        """Take the content of an item."""
        self._categories.assign(slot, section.get("categories", ()))
        self._tags.assign(slot, section.get("tags", ()))

    def assign_shared(self, key: str, section: Section) -> None:
        """Nothing: content belongs to items."""

    def drop(self, slot: int) -> None:
        """The item is gone."""
        self._categories.assign(slot, ())
        self._tags.assign(slot, ())

    def candidates(self, moment: Moment, n: int) -> Slots:
        """Items of the user's strongest interests that score best, the best first."""
        found = [np.zeros(0, np.int64)]
        for names, interests in self._sides(moment):
            liked = sorted(interests, key=lambda text: (-interests[text], text))
            proposing = names.find(liked[:PROPOSING])
            for name in proposing[proposing >= 0].tolist():
                found.append(names.newest(name, NEWEST))
        slots = distinct(np.concatenate(found))
        scores = self.score(moment, slots)
        if n < len(slots):
            kept = scores >= np.partition(scores, -n)[-n]
            slots, scores = slots[kept], scores[kept]
        return slots[np.lexsort((-slots, -scores))[:n]]

    def score(self, moment: Moment, slots: Slots) -> Vector:
        """A logit: mean lift over all names of an item; 0 for an item without any."""
        sums, sizes = np.zeros(len(slots)), np.zeros(len(slots))
        for names, interests in self._sides(moment):
            lifts, lengths = lifted(names, interests, slots)
            sums += lifts
            sizes += lengths
        return (sums / np.maximum(sizes, 1)).astype(np.float32)

    def features(self, moment: Moment, slots: Slots) -> Matrix:
        """What a ranker may weigh one by one, float32 (n, features), logits."""
        columns = []
        for names, interests in self._sides(moment):
            lifts, lengths = lifted(names, interests, slots)
            columns.append(lifts / np.maximum(lengths, 1))
        return np.stack(columns, axis=1).astype(np.float32)

    def because(self, moment: Moment, slot: int) -> int:
        """The recent item that shares most names with this one, the newest of them."""
        liked = moment.recent[moment.recent_weights >= 0]
        shared = np.zeros(len(liked))
        for names in (self._categories, self._tags):
            own, _ = names.of(np.array([slot]))
            theirs, lengths = names.of(liked)
            recent = np.repeat(np.arange(len(liked)), lengths)
            shared += np.bincount(recent[np.isin(theirs, own)], minlength=len(liked))
        if not shared.any():
            return -1
        return int(liked[np.flatnonzero(shared == shared.max())[-1]])

    def alike(self, slots: Slots) -> Matrix:
        """How alike items are by their names, cosine, 0 to 1, float32 (n, n)."""
        sides = (self._categories, self._tags)
        return cosine(np.hstack([one_hot(*names.of(slots)) for names in sides]))

    def _sides(self, moment: Moment) -> tuple[tuple[Names, Mapping[str, float]], ...]:
        return (self._categories, moment.categories), (self._tags, moment.tags)


def distinct(slots: Slots) -> Slots:
    """Each slot once, ascending; several times as fast as np.unique.

    >>> distinct(np.array([3, 1, 3]))
    array([1, 3])
    """
    ordered = np.sort(slots)
    each: Slots = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(slots)]]
    return each


def lifted(
    names: Names, interests: Mapping[str, float], slots: Slots
) -> tuple[Amounts, Slots]:
    """Sum of the lifts of each item's names, and how many names it has.

    Args:
        names: Of the items.
        interests: Of the user, by name; one below 0 counts as none.
        slots: The items, int64 (n,).

    Returns:
        Sums, float64 (n,), and numbers, int64 (n,); 0 if the user has no interest.
    """
    flat, lengths = names.of(slots)
    liked = {text: interest for text, interest in interests.items() if interest > 0}
    total = sum(liked.values())
    if not len(flat) or not total:
        return np.zeros(len(slots)), np.zeros(len(slots), np.int64)
    interest = np.zeros(len(names.items) + 1)  # the last for names that no item has
    interest[names.find(liked)] = list(liked.values())
    share = (names.items[flat] + 1) / (names.given + 10)
    lifts = np.log((interest[flat] + PRIOR * share) / (total + PRIOR) / share)
    item = np.repeat(np.arange(len(slots)), lengths)
    sums: Amounts = np.bincount(item, lifts, len(slots)).astype(float)
    return sums, lengths
