"""Item-item nearest neighbours on a stream: what others took around the same items.

Pair counts weighted by how far apart the two were in a user's history, cosine as by
Sarwar et al., "Item-based collaborative filtering recommendation algorithms" (2001),
counted event by event as by Huang et al., "TencentRec" (2015).
"""

from collections.abc import Sequence

import numpy as np

from pipeline.apps.evaluate.peers.peer import Floats, Ids, Past, Size
from pipeline.logic.arrays import Matrix, Slots
from pipeline.logic.kernels.jit import kernel

CELLS = 32_000_000
"""Pairs that are kept at most, 8 bytes each; in a small catalogue those are all."""
LOOK_BACK = 20
LEARN_DECAY = 0.9
RECALL = 20
RECALL_DECAY = 0.8
SHRINKAGE = 30.0
"""Added to a candidate's count in the divisor: a few events prove nothing."""


class ItemKnn:
    """Counts pairs and sums those of a user's last items.

    Args:
        size: Of the stream.
    """

    name = "item-knn"

    def __init__(self, size: Size) -> None:
        self._past = Past(size)
        width = max(1, min(size.items, CELLS // max(1, size.items)))
        self._partners = np.zeros((size.items, width), np.int32)
        self._weights = np.zeros((size.items, width), np.float32)
        self._used = np.zeros(size.items, np.int64)
        self._divisors = np.full(size.items, np.sqrt(SHRINKAGE))

    def top(self, user: int, at_ms: int, n: int) -> Sequence[int]:
        """Partners of the last items, the later the more."""
        counts = self._past.counts
        recent = self._past.recent(user, RECALL)
        scores = np.zeros(len(counts))
        sum_pairs(
            self._partners,
            self._weights,
            self._used,
            recent,
            RECALL_DECAY ** np.arange(len(recent)) / np.sqrt(counts[recent]),
            scores,
        )
        return self._past.best(scores / self._divisors, user, n)

    def learn(self, user: int, item: int, at_ms: int) -> None:
        """Count the pairs of the item with those before it."""
        recent = self._past.recent(user, LOOK_BACK)
        count_pairs(
            self._partners, self._weights, self._used, recent, item, LEARN_DECAY
        )
        self._past.like(user, item)
        self._divisors[item] = np.sqrt(self._past.counts[item] + SHRINKAGE)

    def pass_over(self, user: int, item: int) -> None:
        """Not counted."""
        self._past.have(user, item)


@kernel
def count_pairs(
    partners: Ids,
    weights: Matrix,
    used: Slots,
    recent: Slots,
    item: int,
    decay: float,
) -> None:
    """Count an item with each before it, both ways, `decay ** distance` each.

    Args:
        partners: Of each item, int32 (items, width).
        weights: Theirs, float32 (items, width).
        used: Partners of each item, int64 (items,); of a full row the weakest goes.
        recent: Items before, int64, the newest first.
        item: The one that was taken.
        decay: Per item between.
    """
    weight = 1.0
    for other in recent:
        if other != item:
            for one, two in ((item, other), (other, item)):
                row = partners[one, : used[one]]
                at = -1
                for k in range(len(row)):
                    if row[k] == two:
                        at = k
                        break
                if at < 0:
                    if used[one] < partners.shape[1]:
                        at = int(used[one])
                        used[one] += 1
                    else:
                        at = int(np.argmin(weights[one]))
                    partners[one, at] = two
                    weights[one, at] = 0.0
                weights[one, at] += weight
        weight *= decay


@kernel
def sum_pairs(
    partners: Ids,
    weights: Matrix,
    used: Slots,
    recent: Slots,
    factors: Floats,
    scores: Floats,
) -> None:
    """Add to each item's score its weight with each of `recent`, times its factor.

    Args:
        partners: As in `count_pairs`.
        weights: Likewise.
        used: Likewise.
        recent: Items, int64 (n,).
        factors: Theirs, float64 (n,).
        scores: Added to, float64 (items,).
    """
    for k in range(len(recent)):
        item = recent[k]
        for p in range(used[item]):
            scores[partners[item, p]] += factors[k] * weights[item, p]
