"""Popularity, the reading side: the decayed counts of all items."""

import numpy as np

from pipeline.logic.arrays import Mask, Matrix, Slots, Vector
from pipeline.logic.expert import Moment, Part, Section
from pipeline.logic.experts.grow import grown
from pipeline.logic.experts.leaders import Leaders
from pipeline.logic.experts.popularity import PopularityConfig
from pipeline.logic.kernels.leaders import Values
from pipeline.logic.kernels.popularity import (
    LATEST,
    SHOWN_PRIOR,
    popularity_features,
)

PROPOSED = 40
"""So many items are proposed for each half-life."""
TOLD = ("events", "against", "impressions", "clicks", "first_ms", "last_ms")
"""What is kept of an item besides its decayed counts, in the kernel's order."""
NO_CONTEXT: Vector = np.zeros(0, np.float32)


class PopularityReader:
    """Proposes what is popular at any half-life.

    Args:
        config: As of the writer.
        keep: How many of the most popular items can be asked for at most.
    """

    name = "popularity"
    part: Part = "rows"
    context_names: tuple[str, ...] = ()

    def __init__(self, config: PopularityConfig, keep: int = 2_000) -> None:
        columns = len(config.half_lives_ms)
        self.feature_names: tuple[str, ...] = (
            *(f"count {n}" for n in range(columns)),
            *("events", "age", "idle", "clicks", "favour"),
        )
        self._rates: Values = 1.0 / np.array(config.half_lives_ms)
        self._columns = np.arange(columns)
        self._leaders = Leaders(columns, keep)
        self._none: Values = np.full(columns, -np.inf)
        self._told: Values = np.zeros((1024, len(TOLD)))
        self._totals: dict[str, Section] = {}

    def assign(self, slot: int, section: Section) -> None:
        """Take the counts of an item."""
        logs = np.frombuffer(section.get("logs", b""), "<f8")
        if len(logs) != len(self._rates):
            logs = self._none
        self._leaders.assign(slot, logs)
        self._told = grown(self._told, slot + 1, 0)
        self._told[slot] = [section.get(name, 0) for name in TOLD]

    def assign_shared(self, key: str, section: Section) -> None:
        """Take the totals of a partition."""
        self._totals[key] = section

    def drop(self, slot: int) -> None:
        """The item is gone."""
        self._leaders.drop(slot)
        self._told[slot : slot + 1] = 0

    def candidates(self, moment: Moment, listable: Mask) -> Slots:
        """The most popular items at each half-life."""
        return self._leaders.first_open(self._columns, listable, PROPOSED)

    def context(self, moment: Moment) -> Vector:
        """Nothing."""
        return NO_CONTEXT

    def features(self, moment: Moment, slots: Slots, out: Matrix) -> None:
        """Counts, ages, and how well items do where they are shown."""
        shown = sum(total["impressions"] for total in self._totals.values())
        clicked = sum(total["clicks"] for total in self._totals.values())
        usual = (clicked + 1) / (shown + SHOWN_PRIOR)
        popularity_features(
            self._leaders.values,
            self._told,
            slots,
            float(moment.now_ms),
            self._rates,
            usual,
            out,
        )

    def because(self, moment: Moment, slots: Slots) -> Slots:
        """No recent item speaks for a popular one."""
        return np.full(len(slots), -1, np.int64)

    def counts(self, now_ms: int, slots: Slots) -> Values:
        """Decayed counts at a time, float64 (n, half-lives)."""
        logs = self._leaders.values[slots] - now_ms * self._rates
        counts: Values = np.exp2(np.minimum(logs, LATEST))
        return counts
