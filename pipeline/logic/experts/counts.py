"""What popularity counts of an item, and of a whole partition."""

from array import array
from dataclasses import dataclass, replace
from math import inf, log1p

from pipeline.logic.expert import Section

LOG2_E = 1.4426950408889634


@dataclass(slots=True)
class Counts:
    """What is counted of one item.

    Args:
        logs: Binary logarithms of the decayed counts at time 0, by half-life.
        events: Interactions in favour.
        against: Interactions against.
        impressions: How often it was shown.
        clicks: How often it was acted on after being shown.
        first_ms: Event time of the first interaction in favour.
        last_ms: Event time of the newest one.
    """

    logs: "array[float]"
    events: int = 0
    against: int = 0
    impressions: int = 0
    clicks: int = 0
    first_ms: int = 0
    last_ms: int = 0

    @classmethod
    def empty(cls, half_lives: int) -> "Counts":
        """Nothing counted yet."""
        return cls(array("d", [-inf]) * half_lives)

    def copied(self) -> "Counts":
        """Another one with the same counts."""
        return Counts(
            self.logs[:],
            self.events,
            self.against,
            self.impressions,
            self.clicks,
            self.first_ms,
            self.last_ms,
        )

    def section(self) -> Section:
        """As it stands in a row."""
        return {
            "logs": self.logs.tobytes(),
            "events": self.events,
            "against": self.against,
            "impressions": self.impressions,
            "clicks": self.clicks,
            "first_ms": self.first_ms,
            "last_ms": self.last_ms,
        }

    def load(self, section: Section) -> None:
        """Take counts from a row; logs of other half-lives are left out."""
        refill(self.logs, section["logs"])
        self.events = section["events"]
        self.against = section["against"]
        self.impressions = section["impressions"]
        self.clicks = section["clicks"]
        self.first_ms = section["first_ms"]
        self.last_ms = section["last_ms"]


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


def refill(values: "array[float]", raw: bytes) -> None:
    """Replace values by raw ones, if they are as many."""
    if len(raw) == len(values) * values.itemsize:
        del values[:]
        values.frombytes(raw)


def add_to_log2(log: float, term: float) -> float:
    """Logarithm of a sum: log2(2 ** log + 2 ** term).

    >>> add_to_log2(3.0, 3.0), add_to_log2(float("-inf"), 5.0)
    (4.0, 5.0)
    """
    high, low = (log, term) if log > term else (term, log)
    return high + log1p(2.0 ** (low - high)) * LOG2_E
