"""Items by what they are about, in the few numbers of a basis that comes along."""

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.expert import Section
from pipeline.logic.experts.grow import grown
from pipeline.logic.experts.names import Names
from pipeline.logic.pca import BUCKETS, NOTHING, projected

LOOK_BACK = 20
"""So many of the user's last items tell what the user cares for."""
WEIGHTS: Vector = 0.9 ** np.arange(LOOK_BACK, dtype=np.float32)
"""What they count, the newest first."""


class Latents:
    """A place for each item that has names, once there is a basis.

    Args:
        names: Of all items.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._mean: Vector = np.zeros(BUCKETS, np.float32)
        self._components: Matrix = np.zeros((0, BUCKETS), np.float32)
        self._places: Matrix = np.zeros((256, 0), np.float32)
        self._moved: list[int] = []

    def take(self, section: Section) -> None:
        """Take a basis, if it is of this release; every item gets another place."""
        mean = np.frombuffer(section["mean"], "<f4")
        if len(mean) != BUCKETS:
            return
        components = np.frombuffer(section["components"], "<f4")
        self._mean, self._components = mean, components.reshape(-1, BUCKETS)
        size = self._names.size + 1, len(self._components)
        self._places = np.zeros(size, np.float32)  # the last is that of all unknown
        self._moved = list(range(self._names.size))

    def move(self, slot: int) -> None:
        """An item has other names: it gets another place when one is asked for."""
        if len(self._components):
            self._moved.append(slot)

    def _settle(self) -> None:
        """Give items the places that are due to their names, all at once."""
        if not self._moved:
            return
        slots, self._moved = np.unique(self._moved), []
        self._places = grown(self._places, self._names.size + 1, 0)
        buckets, signs, lengths = self._names.hashed(slots)
        self._places[slots[lengths == 0]] = 0
        self._places[slots[lengths > 0]] = projected(
            self._mean, self._components, buckets, signs, lengths[lengths > 0]
        )

    def feature(self, recent: Slots, slots: Slots, out: Vector) -> None:
        """How near items are to the user's recent ones on the whole.

        Args:
            recent: The newest last.
            slots: The candidates, int64 (n,).
            out: Filled with cosines, 0 where nothing is known, float32 (n,).
        """
        self._settle()
        places = self._of(recent[: -LOOK_BACK - 1 : -1])
        own = WEIGHTS[: len(places)] @ places
        own /= max(float(np.linalg.norm(own)), NOTHING)
        np.matmul(self._of(slots), own, out=out)

    def _of(self, slots: Slots) -> Matrix:
        """Places of items, float32 (n, components)."""
        return self._places.take(slots, axis=0, mode="clip")
