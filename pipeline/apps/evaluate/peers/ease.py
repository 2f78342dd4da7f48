"""EASE, fitted anew at each tenth of the stream: linear, item to item, in closed form.

By Steck, "Embarrassingly shallow autoencoders for sparse data" (2019). It inverts a
dense matrix over all pairs of items, or of users, whichever are fewer; where both are
many it is left out.
"""

from collections.abc import Sequence
from types import ModuleType

import numpy as np

from pipeline.apps.evaluate.peers.ease_dual import EaseDual
from pipeline.apps.evaluate.peers.peer import Floats, Past, Size
from pipeline.apps.evaluate.peers.refit import Schedule, extra, histories
from pipeline.logic.arrays import Matrix

LARGEST = 12_000
"""Items or users; a fit takes three times its square times 4 bytes."""
DECAY = 150.0


def ease(size: Size) -> "Ease | EaseDual | str":
    """The peer, or why it is left out of a stream of this size."""
    if min(size.items, size.users) > LARGEST:
        return (
            f"it takes up to {LARGEST:,} items or users, and here are {size.items:,} "
            f"items and {size.users:,} users"
        )
    return EaseDual(size, DECAY) if size.users < size.items else Ease(size)


class Ease:
    """Weights from each item to each other.

    Args:
        size: Of the stream.

    Raises:
        AppError: scipy is not installed.
    """

    name = "ease"

    def __init__(self, size: Size) -> None:
        self._size = size
        self._past = Past(size)
        self._schedule = Schedule(size)
        self._lapack = extra("scipy.linalg.lapack")
        self._weights: Matrix = np.zeros((0, 0), np.float32)

    def top(self, user: int, at_ms: int, n: int) -> Sequence[int]:
        """Items of the highest scores."""
        return self._past.best(self.scores(user), user, n)

    def scores(self, user: int) -> Floats:
        """The sum of the weights from all that the user liked, (items,)."""
        scores = np.zeros(self._size.items)
        known = len(self._weights)
        liked = self._past.liked(user)
        scores[:known] = self._weights[liked[liked < known]].sum(axis=0)
        return scores

    def learn(self, user: int, item: int, at_ms: int) -> None:
        """Note it; fit if it is time."""
        self._past.like(user, item)
        if self._schedule.due():
            self._weights = np.zeros((0, 0), np.float32)  # its memory is needed
            self._weights = self._fitted()

    def pass_over(self, user: int, item: int) -> None:
        """Not learnt."""
        self._past.have(user, item)

    def _fitted(self) -> Matrix:
        """Fit to items up to the last that was liked, float32 (items, items)."""
        known = int(np.flatnonzero(self._past.counts)[-1]) + 1
        taken = histories(self._past, self._size)[:, :known]
        gram = (taken.T @ taken).toarray(order="F")
        gram[np.diag_indices(known)] += DECAY
        return weights_of(gram, self._lapack)


def weights_of(gram: Matrix, lapack: ModuleType) -> Matrix:
    """The weights that rebuild histories best without using an item for itself.

    Args:
        gram: How often two items were taken together, plus L2 in the diagonal, float32
            (items, items), in Fortran's order; it is overwritten.
        lapack: scipy's.

    Returns:
        Row: from; column: to; the diagonal is 0.
    """
    factor, _ = lapack.spotrf(gram, lower=1, overwrite_a=1, clean=1)
    inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    # Only the lower triangle is filled.
    diagonal = inverse.diagonal().copy()
    inverse += np.tril(inverse, -1).T
    inverse /= -diagonal
    np.fill_diagonal(inverse, 0)
    return np.ascontiguousarray(inverse)
