"""Whether the learnt blend is held back in favour of plain popularity.

Both are scored on the same events. An event on which both hit or both miss says
nothing; on the others, if the blend is no worse, either is as likely to be the one that
hits (the sign test of McNemar, 1947). The sum of the differences over the root of the
sum of their squares is then rarely above z: exp(-z² / 2) bounds how rarely at any one
time (de la Peña, 1999), with no variance to be guessed from few hits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any


@dataclass(frozen=True, slots=True)
class GuardSettings:
    """Settings of the guard.

    Args:
        memory: The last so many events count on which the two differ; older ones fade.
        least: So many events are scored before the blend can be held back.
        bound: The z at which it is: how many standard errors it is below popularity.
    """

    memory: int = 500
    least: int = 500
    bound: float = 4.0


class Guard:
    """Holds the blend back while it is worse than popularity.

    It trips when the blend is clearly below, and recovers when it is no longer below:
    what lies between the two changes nothing. The blend goes on being scored while it
    is held back.

    Args:
        settings: Of the guard.

    Attributes:
        held: Whether the blend is held back.
        trips: How often it was.
    """

    def __init__(self, settings: GuardSettings | None = None) -> None:
        self._settings = settings or GuardSettings()
        self.held = False
        self.trips = 0
        self._scored = 0
        self._sum = 0.0
        self._squares = 0.0

    def update(self, blend: float, popularity: float) -> bool:
        """Take what both made of one event; says whether the blend is held back now.

        Args:
            blend: Its hit, or another figure in [0, 1].
            popularity: Popularity's.

        Raises:
            ValueError: if one of them is not in [0, 1].
        """
        if not (0 <= blend <= 1 and 0 <= popularity <= 1):
            raise ValueError(f"{blend} or {popularity} is not in [0, 1]")
        self._scored += 1
        difference = blend - popularity
        kept = 1 - abs(difference) / self._settings.memory
        self._sum = self._sum * kept + difference
        self._squares = self._squares * kept**2 + difference**2
        if self.held:
            self.held = self._sum < 0
        elif self._scored >= self._settings.least:
            self.held = self.z < -self._settings.bound
            self.trips += self.held
        return self.held

    @property
    def z(self) -> float:
        """How many standard errors the blend is above popularity; below 0, worse."""
        return self._sum / sqrt(self._squares) if self._squares else 0.0

    def all(self) -> dict[str, float]:
        """Figures for metrics, by short name."""
        return {
            "guard_held": float(self.held),
            "guard_trips": float(self.trips),
            "guard_z": self.z,
        }

    def section(self) -> dict[str, Any]:
        """What it holds."""
        return {
            "held": self.held,
            "trips": self.trips,
            "scored": self._scored,
            "sum": self._sum,
            "squares": self._squares,
        }

    def load(self, section: Mapping[str, Any]) -> None:
        """Take back what `section` gave."""
        self.held = bool(section["held"])
        self.trips = int(section["trips"])
        self._scored = int(section["scored"])
        self._sum = float(section["sum"])
        self._squares = float(section["squares"])
