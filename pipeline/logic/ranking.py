"""Candidates and ranking: one function for what is served and what is learnt.

publish calls `propose` and `rank` for each list, update's dense task `propose` for each
list that the ranker learns from; so what is learnt is what is served.
"""

from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from pipeline.logic.arrays import Mask, Matrix, Slots, Vector
from pipeline.logic.catalogue import Catalogue, Hashes
from pipeline.logic.expert import Moment
from pipeline.logic.kernels.ranking import best, distinct
from pipeline.logic.ranker import Asked, Ranker
from pipeline.logic.situation import CONTEXT, context_of, in_session

NO_HASHES: Hashes = np.zeros(0, np.uint32)
POPULARITY = "popularity"
WIDEST = 1e4
"""No feature leaves [-WIDEST, WIDEST]."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a list of a user may be made of.

    Args:
        moment: The user, now.
        listable: Of each slot, whether the list may hold it.
        slots: The candidates, ascending, int64 (n,).
        asked: Their features, as the ranker takes them.
        popularity: How popular they are: mean logarithm of the decayed counts of all
            half-lives, float32 (n,); 0 if that expert is not heard.
    """

    moment: Moment
    listable: Mask
    slots: Slots
    asked: Asked
    popularity: Vector


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates in order.

    Args:
        slots: The best first, int64 (n,).
        scores: Theirs, float32 (n,).
        shares: Of each expert in how far the item stands above the mean candidate,
            float32 (n, experts); a row adds up to 1, or is 0 if none lifts the item.
    """

    slots: Slots
    scores: Vector
    shares: Matrix

    def take(self, order: Slots) -> "Ranked":
        """Those at these places, in this order."""
        return replace(
            self,
            slots=self.slots[order],
            scores=self.scores[order],
            shares=self.shares[order],
        )


def feature_names(catalogue: Catalogue) -> list[str]:
    """Names of all experts' features, in the order of their rows."""
    readers = catalogue.voices.items()
    return [f"{name}.{each}" for name, r in readers for each in r.feature_names]


def context_names(catalogue: Catalogue) -> list[str]:
    """Names of what is said of a moment as a whole."""
    readers = catalogue.voices.items()
    own = [f"{name}.{each}" for name, r in readers for each in r.context_names]
    return [*CONTEXT, *own]


def propose(
    catalogue: Catalogue, moment: Moment, had: Hashes, ranker: Ranker, least: int
) -> Proposed:
    """Candidates by every expert's strategies, and what all experts say of them.

    Args:
        catalogue: All items and the readers of their rows.
        moment: The user, now.
        had: Hashes of the items to leave out.
        ranker: For the situations that it tells apart.
        least: In a young catalogue whatever there is, up to twice so many.
    """
    moment = replace(moment, had=catalogue.slots_of(had))
    listable = catalogue.listable(moment.had, moment.disliked)
    readers = catalogue.voices.values()
    slots = union(*(each.candidates(moment, listable) for each in readers))
    if len(slots) < least:
        slots = union(slots, np.flatnonzero(listable)[: 2 * least])
    features = np.empty((len(ranker.features), len(slots)), np.float32)
    popularity = np.zeros(len(slots), np.float32)
    contexts = [context_of(moment)]
    at = 0
    for reader in readers:
        contexts.append(reader.context(moment))
        width = len(reader.feature_names)
        if len(slots):
            reader.features(moment, slots, features[at : at + width])
        if reader.name == POPULARITY:
            counts = sum(name.startswith("count") for name in reader.feature_names)
            popularity = features[at : at + counts].mean(axis=0)
        at += width
    context = np.concatenate(contexts)
    for each in (features, context):
        np.minimum(each, WIDEST, out=each)  # half the time of np.clip
        np.maximum(each, -WIDEST, out=each)
    situation = ranker.settings.situation(moment.history, in_session(moment))
    asked = Asked(features, context, situation)
    return Proposed(moment, listable, slots, asked, popularity)


def rank(
    catalogue: Catalogue,
    proposed: Proposed,
    ranker: Ranker,
    n: int,
    *,
    held: bool = False,
) -> Ranked:
    """The best `n` candidates, and which expert put them there.

    Equal scores are ordered by the hash of the id, so that every replica makes the
    same list.

    Args:
        catalogue: Where the candidates are from.
        proposed: What `propose` gave.
        ranker: Scores them.
        n: How many to return at most.
        held: Popularity alone orders them.
    """
    slots, asked = proposed.slots, proposed.asked
    readers = catalogue.voices.values()
    if not len(slots):
        none = np.zeros((0, len(readers)), np.float32)
        return Ranked(slots, none.sum(axis=1), none)
    if held:
        order = best(proposed.popularity, catalogue.hashes(slots), n)
        spoken = np.array([name == POPULARITY for name in catalogue.voices], "f4")
        shares = np.tile(spoken, (len(order), 1))
        return Ranked(slots[order], proposed.popularity[order], shares)
    ends = list(accumulate(len(each.feature_names) for each in readers))
    scores, lifts = ranker.explain(asked, np.array(ends))
    order = best(scores, catalogue.hashes(slots), n)
    shares = shares_of(lifts[:, order], lifts.mean(axis=1))
    return Ranked(slots[order], scores[order], shares)


def most_popular(catalogue: Catalogue, proposed: Proposed, n: int) -> Slots:
    """The most popular candidates, the first first: what plain popularity would list.

    Popular items of every half-life are among the candidates, whatever else is.
    """
    order = best(proposed.popularity, catalogue.hashes(proposed.slots), n)
    return proposed.slots[order]


def union(*parts: Slots) -> Slots:
    """Slots of all parts, each once, ascending.

    >>> union(np.array([3, 1]), np.array([1, 2]))
    array([1, 2, 3])
    """
    slots = np.concatenate(parts)
    slots.sort()  # many times as fast as np.unique
    return distinct(slots)


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
