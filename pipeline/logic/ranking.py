"""Candidates and ranking: one function for what is served and what is learnt.

publish calls `rank` for each list, update's dense task for each list that it learns
from; so what is learnt is what is served.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.blend import Blend
from pipeline.logic.catalogue import Catalogue, Hashes
from pipeline.logic.expert import Moment

POPULARITY = "popularity"
NO_HASHES: Hashes = np.zeros(0, np.uint32)
NO_SLOTS: Slots = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates in order.

    Args:
        slots: The best first, int64 (n,).
        scores: Theirs, float32 (n,).
        shares: Of each expert in how far the item stands above the mean candidate,
            float32 (n, experts); a row adds up to 1, or is 0 if none lifts the item.
        popular: The most popular items that this user may get, int64 (at most n,).
    """

    slots: Slots
    scores: Vector
    shares: Matrix
    popular: Slots


def popular_now(catalogue: Catalogue, moment: Moment, n: int) -> Slots:
    """The `n` most popular items of the moment that may be listed, the first first.

    They are the same for all users; publish asks once for all lists of a poll.
    """
    reader = catalogue.readers.get(POPULARITY)
    if reader is None:
        return NO_SLOTS
    slots = reader.candidates(moment, n)
    return slots[catalogue.listable(slots, NO_HASHES, NO_SLOTS)]


def rank(
    catalogue: Catalogue,
    moment: Moment,
    had: Hashes,
    popular: Slots,
    *,
    blend: Blend,
    n: int,
) -> Ranked:
    """Propose candidates by every strategy, score them, order them.

    Equal scores are ordered by the hash of the id, so that every replica makes the
    same list.

    Args:
        catalogue: All items and the readers of their rows.
        moment: The user, now.
        had: Hashes of the items to leave out, sorted.
        popular: What `popular_now` gave.
        blend: How many candidates each expert proposes, and what its score weighs.
        n: How many to return at most.
    """
    wish = Wish(catalogue, moment, had, moment.recent[moment.recent_weights < 0])
    most = max(blend.candidates(POPULARITY), n)
    popular = wish.first(popular[: most + wish.left_out], most)
    slots = np.unique(np.concatenate([popular, *_proposed(wish, blend)]))
    if len(slots) < n:  # a young catalogue: whatever there is
        slots = np.union1d(slots, wish.first(catalogue.any_listable(), 2 * n))
    if not len(slots):
        none = np.zeros((0, len(blend.voices)), np.float32)
        return Ranked(slots, none.sum(axis=1), none, slots)
    raw = {e: catalogue.readers[e].score(moment, slots) for e in blend.experts}
    lifts = blend.lifts(raw)
    scores = lifts.sum(axis=0)
    order = best(scores, catalogue.hashes(slots), n)
    shares = shares_of(lifts[:, order], lifts.mean(axis=1))
    return Ranked(slots[order], scores[order], shares, popular[:n])


@dataclass(frozen=True, slots=True)
class Wish:
    """What one list may hold.

    Args:
        catalogue: All items.
        moment: The user, now.
        had: Hashes of the items to leave out, sorted.
        disliked: Slots to leave out besides.
    """

    catalogue: Catalogue
    moment: Moment
    had: Hashes
    disliked: Slots

    @property
    def left_out(self) -> int:
        """How many items are left out at most, besides those that no one may get."""
        return len(self.had) + len(self.disliked)

    def first(self, slots: Slots, most: int) -> Slots:
        """The first so many of the slots that the list may hold."""
        return slots[self.catalogue.listable(slots, self.had, self.disliked)][:most]


def _proposed(wish: Wish, blend: Blend) -> Iterator[Slots]:
    """What each strategy proposes for this user; more is asked for what is left out."""
    for voice in blend.voices:
        if voice.candidates and voice.expert != POPULARITY:
            reader = wish.catalogue.readers[voice.expert]
            found = reader.candidates(wish.moment, voice.candidates + wish.left_out)
            yield wish.first(found, voice.candidates)


def best(scores: Vector, ties: Hashes, n: int) -> Slots:
    """Indices of the `n` highest scores, the highest first; equal ones by `ties`.

    >>> scores = np.array([1, 3, 2, 3], np.float32)
    >>> best(scores, np.array([9, 8, 7, 6], np.uint32), 3)
    array([3, 1, 2])
    """
    if n < len(scores):
        bar = np.partition(scores, len(scores) - n)[len(scores) - n]
        kept = np.flatnonzero(scores >= bar)
    else:
        kept = np.arange(len(scores))
    return kept[np.lexsort((ties[kept], -scores[kept]))[:n]]


def shares_of(lifts: Matrix, mean: Vector) -> Matrix:
    """How much of an item's place each expert accounts for.

    Args:
        lifts: What each expert adds to the score, (experts, n).
        mean: The same, of the mean candidate, (experts,).

    Returns:
        Shares (n, experts): what lies above the mean, as a part of all that does.

    >>> shares_of(np.array([[3, 0], [2, 0]], np.float32), np.array([0, 1], np.float32))
    array([[0.75, 0.25],
           [0.  , 0.  ]], dtype=float32)
    """
    above = np.maximum(lifts.T - mean, 0)
    total = above.sum(axis=1, keepdims=True)
    shares: Matrix = np.divide(above, total, out=np.zeros_like(above), where=total > 0)
    return shares
