"""What popularity counts of an item, and of a whole partition."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from struct import Struct
from typing import NamedTuple

import numpy as np

from pipeline.logic.expert import Lesson, Section

NUMBERS = 6
_NUMBERS = Struct(f"<{NUMBERS}q")


class Counts(NamedTuple):
    """What is counted of one item; it never changes in place.

    Attributes:
        logs: Binary logarithms of the decayed counts at time 0, by half-life, float64,
            as bytes.
        numbers: Interactions in favour and against; how often it was shown, and acted
            on then; event time of the first interaction in favour, and of the newest
            one, milliseconds UTC. int64 (6,), as bytes.
    """

    logs: bytes
    numbers: bytes = bytes(_NUMBERS.size)

    def section(self) -> Section:
        """As it stands in a row."""
        events, against, shown, clicks, first_ms, last_ms = _NUMBERS.unpack(
            self.numbers
        )
        return {
            "logs": self.logs,
            "events": events,
            "against": against,
            "impressions": shown,
            "clicks": clicks,
            "first_ms": first_ms,
            "last_ms": last_ms,
        }


def no_counts(half_lives: int) -> Counts:
    """Nothing counted yet."""
    return Counts(np.full(half_lives, -inf).tobytes())


def counts_of(section: Section, half_lives: int) -> Counts:
    """Take counts back from their section; logs of other half-lives are left out."""
    nothing = no_counts(half_lives)
    raw: bytes = section["logs"]
    numbers = _NUMBERS.pack(
        section["events"],
        section["against"],
        section["impressions"],
        section["clicks"],
        section["first_ms"],
        section["last_ms"],
    )
    return Counts(raw if len(raw) == len(nothing.logs) else nothing.logs, numbers)


@dataclass(slots=True)
class Totals:
    """What is counted of all items of a partition.

    Args:
        accepted: Interactions learnt, in favour or against, in all time.
        impressions: Impressions learnt.
        clicks: Those of them that were acted on.
    """

    accepted: int = 0
    impressions: int = 0
    clicks: int = 0

    def learn(self, lessons: Sequence[Lesson]) -> None:
        """Count examples."""
        labels = [lesson.label for lesson in lessons if lesson.shown]
        self.accepted += len(lessons) - len(labels)
        self.impressions += len(labels)
        self.clicks += sum(labels)

    def copied(self) -> "Totals":
        """Another one with the same counts."""
        return replace(self)

    def section(self) -> Section:
        """As it stands in a row."""
        return {
            "accepted": self.accepted,
            "impressions": self.impressions,
            "clicks": self.clicks,
        }

    def load(self, section: Section) -> None:
        """Take counts from a row."""
        self.accepted = section["accepted"]
        self.impressions = section["impressions"]
        self.clicks = section["clicks"]
