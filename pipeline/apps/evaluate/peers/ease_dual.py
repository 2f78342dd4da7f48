"""EASE where users are fewer than items: the same lists from a matrix over users.

With X the histories (users, items), EASE needs P = inverse of X'X + l I. By Woodbury's
identity l P = I - X' K X, where K = inverse of X X' + l I is over pairs of users. With
h a user's history and v = K X h, the score of an item j that the user does not have is
(X' v)_j / (l P_jj); and v changes by some rows of K when the user takes one more item.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.apps.evaluate.peers.peer import Floats, Ids, Past, Size
from pipeline.apps.evaluate.peers.refit import Schedule, extra, histories
from pipeline.logic.arrays import Matrix
from pipeline.logic.kernels.jit import kernel


class EaseDual:
    """Weights from each user to each other, and what they make of each history.

    Args:
        size: Of the stream.
        decay: L2, as of `Ease`.

    Raises:
        AppError: scipy is not installed.
    """

    name = "ease"

    def __init__(self, size: Size, decay: float) -> None:
        extra("scipy.sparse")
        self._size = size
        self._decay = decay
        self._past = Past(size)
        self._schedule = Schedule(size)
        self._inverse: Matrix = np.zeros((size.users, size.users), np.float32)
        self._spread = self._inverse  # v of each user
        self._starts = np.zeros(size.items + 1, np.int32)
        self._users = np.zeros(0, np.int32)
        self._rest = np.ones(size.items)

    def top(self, user: int, at_ms: int, n: int) -> Sequence[int]:
        """Items of the highest scores."""
        return self._past.best(self.scores(user), user, n)

    def scores(self, user: int) -> Floats:
        """The sum of the weights from all that the user liked, (items,).

        Only those of items that the user did not like mean anything.
        """
        scores = np.zeros(self._size.items)
        gather(self._starts, self._users, self._spread[user], scores)
        return scores / self._rest

    def learn(self, user: int, item: int, at_ms: int) -> None:
        """Add the item to the history; fit if it is time."""
        if not self._past.likes(user, item):
            took = self._users[self._starts[item] : self._starts[item + 1]]
            self._spread[user] += self._inverse[took].sum(axis=0)
        self._past.like(user, item)
        if self._schedule.due():
            self._fit()

    def pass_over(self, user: int, item: int) -> None:
        """Not learnt."""
        self._past.have(user, item)

    def _fit(self) -> None:
        taken = histories(self._past, self._size)
        gram = (taken @ taken.T).toarray()
        diagonal = self._decay * np.eye(self._size.users, dtype=np.float32)
        self._inverse = np.linalg.inv(gram + diagonal)
        self._spread = gram @ self._inverse
        by_item = taken.tocsc()
        self._starts, self._users = by_item.indptr, by_item.indices
        self._rest = rest_of(self._starts, self._users, self._inverse)


@kernel
def gather(starts: Ids, users: Ids, spread: Matrix, scores: Floats) -> None:
    """Add up what the users of each item have.

    Args:
        starts: Where an item's users begin, int32 (items + 1,).
        users: Of all items, int32.
        spread: Of each user, float32 (users,).
        scores: Filled, float64 (items,).
    """
    for item in range(len(scores)):
        for k in range(starts[item], starts[item + 1]):
            scores[item] += spread[users[k]]


@kernel
def rest_of(starts: Ids, users: Ids, inverse: Matrix) -> Floats:
    """Of each item l P_jj: 1 less the weights between all pairs of its users."""
    rest = np.ones(len(starts) - 1)
    for item in range(len(rest)):
        for k in range(starts[item], starts[item + 1]):
            for m in range(starts[item], starts[item + 1]):
                rest[item] -= inverse[users[k], users[m]]
    return rest
