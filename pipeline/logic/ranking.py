"""Candidates and ranking: one function for what is served and what is learnt.

publish calls `rank` for each list, update's dense task for each list that it learns
from; so what is learnt is what is served.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.blend import Blend
from pipeline.logic.catalogue import Catalogue, Hashes
from pipeline.logic.expert import Moment

POPULARITY = "popularity"
REACH = 600
"""So many popular items are looked at, for those who ask for the best of them."""
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

    def take(self, order: Slots) -> "Ranked":
        """Those at these places, in this order."""
        return replace(
            self,
            slots=self.slots[order],
            scores=self.scores[order],
            shares=self.shares[order],
        )


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
    reach = max(REACH, most)
    popular = wish.first(popular[: reach + wish.left_out], reach)
    slots = union(popular[:most], *proposed(wish, popular, blend))
    if len(slots) < n:  # a young catalogue: whatever there is
        slots = union(slots, wish.first(catalogue.any_listable(), 2 * n))
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


def proposed(wish: Wish, popular: Slots, blend: Blend) -> Iterator[Slots]:
    """What each strategy but popularity proposes for this user.

    Args:
        wish: What the list may hold.
        popular: What is popular and may be in the list.
        blend: How many each strategy proposes, and out of which.
    """
    for voice in blend.voices:
        reader, most = wish.catalogue.readers[voice.expert], voice.candidates
        if not most or voice.expert == POPULARITY:
            continue
        if voice.of_popular:
            scores = reader.score(wish.moment, popular)
            known, scores = popular[scores != 0], scores[scores != 0]
            yield known[best(scores, wish.catalogue.hashes(known), most)]
        else:
            # More is asked for, in place of what is left out.
            found = reader.candidates(wish.moment, most + wish.left_out)
            yield wish.first(found, most)


def union(*parts: Slots) -> Slots:
    """Slots of all parts, each once, ascending.

    >>> union(np.array([3, 1]), np.array([1, 2]))
    array([1, 2, 3])
    """
    slots = np.sort(np.concatenate(parts))  # several times as fast as np.unique
    new = np.ones(len(slots), np.bool_)
    np.not_equal(slots[1:], slots[:-1], out=new[1:])
    return slots[new]


def highest(scores: Vector, n: int) -> Slots:
    """Indices of the `n` highest scores and of all that equal the last of these.

    >>> highest(np.array([1, 3, 2, 2], np.float32), 2)
    array([1, 2, 3])
    """
    if n >= len(scores):
        return np.arange(len(scores))
    return np.flatnonzero(scores >= np.partition(scores, -n)[-n])


def best(scores: Vector, ties: Hashes, n: int) -> Slots:
    """Indices of the `n` highest scores, the highest first; equal ones by `ties`.

    >>> scores = np.array([1, 3, 2, 3], np.float32)
    >>> best(scores, np.array([9, 8, 7, 6], np.uint32), 3)
    array([3, 1, 2])
    """
    kept = highest(scores, n)
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
