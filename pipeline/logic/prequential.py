"""Test, then train: how lists rank what users do next, beside plain popularity.

Each event is ranked before it is learnt (Dawid, 1984), by Kairec and by popularity
alike, so that the figures of both are about the same events. They are told for all
time, and faded by a factor an event (Gama, Sebastião and Rodrigues, 2013), so that
they say how it is now.
"""

from collections.abc import Mapping
from math import log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

DEPTH = 10
"""Of a list, the ranks that count: hit rate and NDCG at 10."""
WINDOWS = {"": 0, "_1k": 1_000, "_10k": 10_000}
"""How many of the last events a window is about; 0 is all of them."""
FIGURES = ("hits", "gain", "popularity_hits", "popularity_gain")
"""What is summed: hits at 10, and the discounted gain of each."""
RATES = ("hr10", "ndcg10", "popularity_hr10", "popularity_ndcg10")
"""The same per event: with one right item a list, the best gain is 1."""

_KEPT = np.array([1 - 1 / n if n else 1 for n in WINDOWS.values()])


class Prequential:
    """Figures of a stream of ranks, in windows.

    Args:
        name: The names of all figures begin with it.

    >>> figures = Prequential()
    >>> figures.update(rank=0, popularity_rank=-1)
    >>> figures.update(rank=-1, popularity_rank=2)
    >>> rates = figures.rates()
    >>> rates["prequential_hr10"], rates["prequential_popularity_ndcg10"]
    (0.5, 0.25)
    """

    def __init__(self, name: str = "prequential") -> None:
        self._name = name
        self._scored = np.zeros(len(WINDOWS))
        self._sums = np.zeros((len(WINDOWS), len(FIGURES)))

    @property
    def scored(self) -> int:
        """How many events there were."""
        return int(self._scored[0])

    def update(self, rank: int, popularity_rank: int) -> None:
        """Count one event.

        Args:
            rank: Of its item in Kairec's list, from 0; -1 if it is not there.
            popularity_rank: In the list of popularity.
        """
        mine, theirs = gain(rank), gain(popularity_rank)
        self._scored = self._scored * _KEPT + 1
        self._sums *= _KEPT[:, None]
        self._sums += (mine > 0, mine, theirs > 0, theirs)

    def all(self) -> dict[str, float]:
        """How many events there were, and each figure per event, by name."""
        return {f"{self._name}_scored": self._scored[0].item(), **self.rates()}

    def rates(self) -> dict[str, float]:
        """Each figure per event, in each window, by name; 0 before any event."""
        return self._named(RATES, self._sums / np.maximum(self._scored, 1)[:, None])

    def sums(self) -> dict[str, float]:
        """Each figure as a sum, and the events in it, by name.

        Unlike rates, sums of several streams may be added.
        """
        sums = np.column_stack([self._scored, self._sums])
        return self._named(("scored", *FIGURES), sums)

    def _named(
        self, names: tuple[str, ...], values: NDArray[np.float64]
    ) -> dict[str, float]:
        """Values of shape (windows, names), by name and window."""
        return {
            f"{self._name}_{name}{window}": value
            for window, row in zip(WINDOWS, values.tolist(), strict=True)
            for name, value in zip(names, row, strict=True)
        }

    def section(self) -> dict[str, Any]:
        """What it holds: float64 (windows,) and (windows, figures)."""
        return {
            "scored": self._scored.astype("<f8").tobytes(),
            "sums": self._sums.astype("<f8").tobytes(),
        }

    def load(self, section: Mapping[str, Any]) -> None:
        """Take back what `section` gave."""
        self._scored = np.frombuffer(section["scored"], "<f8").copy()
        sums: NDArray[np.float64] = np.frombuffer(section["sums"], "<f8")
        self._sums = sums.reshape(len(WINDOWS), len(FIGURES)).copy()


def gain(rank: int) -> float:
    """Discounted gain at 10 of the one right item (Järvelin and Kekäläinen, 2002).

    >>> [round(gain(rank), 3) for rank in (0, 1, 9, 10, -1)]
    [1.0, 0.631, 0.289, 0.0, 0.0]
    """
    return 1 / log2(rank + 2) if 0 <= rank < DEPTH else 0.0
