"""Vector sessions kNN: users who lately took the same items, and what they took.

By Ludewig and Jannach, "Evaluation of session-based recommendation algorithms" (2018);
a session is here a user's whole history. The user's later items weigh more, rare items
more than common ones, and neighbours of a long history less.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.apps.evaluate.peers.peer import Floats, Ids, Past, Size
from pipeline.logic.arrays import Slots
from pipeline.logic.kernels.jit import kernel

CELLS = 16_000_000
"""Places for the users of all items, 4 bytes each."""
USERS = 500
"""The latest users that are kept of an item."""
RECALL = 30
RECALL_DECAY = 0.8
NEIGHBOURS = 100
HISTORY = 300
"""The latest items of a neighbour that count."""
SHORT = 10
"""Shorter histories count as one of this length."""
RARITY = 1.5
"""Power of an item's rarity in its score."""


class VsKnn:
    """Finds neighbours by their items, anew for each list.

    Args:
        size: Of the stream.
    """

    name = "vsknn"

    def __init__(self, size: Size) -> None:
        self._past = Past(size)
        width = max(1, min(USERS, size.users, CELLS // max(1, size.items)))
        self._users = np.zeros((size.items, width), np.int32)
        self._came = np.zeros(size.items, np.int64)
        self._items = np.zeros((size.users, HISTORY), np.int32)
        self._took = np.zeros(size.users, np.int64)

    def top(self, user: int, at_ms: int, n: int) -> Sequence[int]:
        """Items of the users who are most alike."""
        counts = self._past.counts
        recent = self._past.recent(user, RECALL)
        rarity = np.log1p(counts.sum() / np.maximum(counts, 1))
        alike = np.zeros(len(self._took))
        factors = RECALL_DECAY ** np.arange(len(recent)) * rarity[recent]
        find_alike(self._users, self._came, recent, factors, alike)
        alike[user] = 0.0
        alike /= np.sqrt(np.clip(self._took, SHORT, HISTORY))
        kept = min(NEIGHBOURS, len(alike))
        near = np.argpartition(-alike, kept - 1)[:kept]
        scores = np.zeros(len(counts))
        add_items(self._items, self._took, near, alike[near], scores)
        return self._past.best(scores * rarity**RARITY, user, n)

    def learn(self, user: int, item: int, at_ms: int) -> None:
        """Write the item to the user's, and the user to the item's."""
        self._users[item, self._came[item] % self._users.shape[1]] = user
        self._came[item] += 1
        self._items[user, self._took[user] % HISTORY] = item
        self._took[user] += 1
        self._past.like(user, item)

    def pass_over(self, user: int, item: int) -> None:
        """Not written."""
        self._past.have(user, item)


@kernel
def find_alike(
    users: Ids, came: Slots, recent: Slots, factors: Floats, alike: Floats
) -> None:
    """Add to each user's likeness the factors of the items that they took, too.

    Args:
        users: The latest of each item, a ring, int32 (items, width).
        came: Events of each item, int64 (items,).
        recent: Items, int64 (n,).
        factors: Theirs, float64 (n,).
        alike: Added to, float64 (users,).
    """
    for k in range(len(recent)):
        item = recent[k]
        for p in range(min(came[item], users.shape[1])):
            alike[users[item, p]] += factors[k]


@kernel
def add_items(
    items: Ids, took: Slots, near: Slots, alike: Floats, scores: Floats
) -> None:
    """Add to the score of each neighbour's items the neighbour's likeness.

    Args:
        items: The latest of each user, a ring, int32 (users, width).
        took: Events of each user, int64 (users,).
        near: Users, int64 (n,).
        alike: Their likeness, float64 (n,).
        scores: Added to, float64 (items,).
    """
    for k in range(len(near)):
        user = near[k]
        for p in range(min(took[user], items.shape[1])):
            scores[items[user, p]] += alike[k]
