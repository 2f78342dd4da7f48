"""implicit's ALS, fitted anew at each tenth of the stream.

By Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback datasets"
(2008). Between two fits a user's vector is solved for from the newest history.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.apps.evaluate.peers.peer import Past, Size
from pipeline.apps.evaluate.peers.refit import Schedule, extra, histories
from pipeline.logic.arrays import Matrix

FACTORS = 64
ITERATIONS = 15
CONFIDENCE = 20.0
"""Of what was taken; what was not has 1."""
DECAY = 30.0
SEED = 7


class Als:
    """Vectors of items from a fit; those of users from their histories.

    Args:
        size: Of the stream.

    Raises:
        AppError: the library is not installed.
    """

    name = "als"

    def __init__(self, size: Size) -> None:
        self._size = size
        self._past = Past(size)
        self._schedule = Schedule(size)
        self._library = extra("implicit.als")
        self._threads = extra("threadpoolctl")
        self._items: Matrix = np.zeros((size.items, FACTORS), np.float32)
        self._gram: Matrix = np.zeros((FACTORS, FACTORS), np.float32)

    def top(self, user: int, at_ms: int, n: int) -> Sequence[int]:
        """Items of the largest product with the user."""
        taken = self._items[self._past.liked(user)]
        weighted = self._gram + (CONFIDENCE - 1) * (taken.T @ taken)
        vector = np.linalg.solve(
            weighted + DECAY * np.eye(FACTORS, dtype=np.float32),
            CONFIDENCE * taken.sum(axis=0),
        )
        return self._past.best(self._items @ vector, user, n)

    def learn(self, user: int, item: int, at_ms: int) -> None:
        """Note it; fit if it is time."""
        self._past.like(user, item)
        if self._schedule.due():
            self._fit()

    def pass_over(self, user: int, item: int) -> None:
        """Not learnt."""
        self._past.have(user, item)

    def _fit(self) -> None:
        with self._threads.threadpool_limits(1, "blas"):  # or the library warns
            model = self._library.AlternatingLeastSquares(
                factors=FACTORS,
                regularization=DECAY,
                alpha=CONFIDENCE,
                iterations=ITERATIONS,
                num_threads=1,
                random_state=SEED,
            )
            model.fit(histories(self._past, self._size), show_progress=False)
        self._items = model.item_factors
        self._gram = self._items.T @ self._items
