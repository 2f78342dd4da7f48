"""The partners of one item, and how much each counts."""

from collections.abc import Iterable

import numpy as np

from pipeline.logic.expert import Section
from pipeline.logic.experts.tally import Tally

CHANNELS = ("cov", "next", "fast")
STALE = 16
"""Half-lives after which fast counts are brought up to the time."""


class Partners:
    """A row of co-visitation; everything in it is of the later item.

    Args:
        section: As it stands in a row; empty for an item without partners.
    """

    __slots__ = ("at_ms", "events", "tally")

    def __init__(self, section: Section) -> None:
        self.events: float = section.get("events", 0.0)
        self.at_ms: int = section.get("at_ms", 0)
        self.tally = Tally(CHANNELS, section)

    def section(self) -> Section:
        """As it stands in a row: `fast` is what it was at `at_ms`."""
        return {
            "events": self.events,
            "at_ms": self.at_ms,
            **self.tally.section(),
        }

    def copied(self) -> "Partners":
        """Another one with the same partners."""
        other = object.__new__(Partners)
        other.events, other.at_ms = self.events, self.at_ms
        other.tally = self.tally.copied()
        return other

    def rise(self, time_ms: int, half_life_ms: int) -> float:
        """What a fast count of 1 made at a time was worth at `at_ms`.

        Counts are not decayed one by one; new ones are worth more instead.
        """
        if not self.tally.texts:
            self.at_ms = time_ms
        age = (time_ms - self.at_ms) / half_life_ms
        if age > STALE:
            whole = int(age)
            # A power of 2: nothing is rounded before it is too small to matter.
            fast = np.frombuffer(self.tally.columns[2], np.float32)
            np.multiply(fast, np.float32(2.0 ** -min(whole, 200)), out=fast)
            self.at_ms += whole * half_life_ms
            age -= whole
        return float(2.0 ** max(age, -STALE * 4))

    def count(
        self, before: Iterable[tuple[str, float]], weight: float, rise: float
    ) -> None:
        """Count items that a user had before this one.

        Args:
            before: Ids, and what each counts.
            weight: Of all of them.
            rise: What 1 is worth for the fast counts.
        """
        index = self.tally.index()
        new = [partner for partner, _ in before if partner not in index]
        if new:
            self.tally.add(list(dict.fromkeys(new)))
        cov, _, fast = self.tally.columns
        fast_weight = weight * rise
        for partner, share in before:
            place = index[partner]
            cov[place] += share * weight
            fast[place] += share * fast_weight

    def count_next(self, partner: str, share: float) -> None:
        """Count a partner that came right before this one."""
        self.tally.columns[1][self.tally.index()[partner]] += share
