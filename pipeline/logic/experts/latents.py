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

    def take(self, section: Section) -> None:
        """Take a basis; every item gets another place."""
        self._mean = np.frombuffer(section["mean"], "<f4")
        components = np.frombuffer(section["components"], "<f4")
        self._components = components.reshape(-1, BUCKETS)
        self._places = np.zeros((self._names.size, len(self._components)), np.float32)
        self.put(np.arange(self._names.size))

    def put(self, slots: Slots) -> None:
        """Give items the place that is due to their names."""
        if not len(self._components):
            return
        self._places = grown(self._places, self._names.size, 0)
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
        places = self._of(recent[: -LOOK_BACK - 1 : -1])
        own = WEIGHTS[: len(places)] @ places
        own /= max(float(np.linalg.norm(own)), NOTHING)
        np.matmul(self._of(slots), own, out=out)

    def _of(self, slots: Slots) -> Matrix:
        """Places of items, float32 (n, components)."""
        known = slots < len(self._places)
        return self._places[np.where(known, slots, 0)] * known[:, None]
