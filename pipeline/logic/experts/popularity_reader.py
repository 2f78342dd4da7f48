"""Popularity, the reading side: the decayed counts of all items."""

import numpy as np

from pipeline.logic.arrays import Slots, Vector
from pipeline.logic.expert import Moment, Part, Section
from pipeline.logic.experts.leaders import Leaders, Values
from pipeline.logic.experts.popularity import PopularityConfig

OFFSET = 1.0
"""What is added to a count before its logarithm is taken; less trusts small counts."""
LATEST = 60.0
"""Counts are not taken back further than so many half-lives before they were made."""


class PopularityReader:
    """Proposes what is popular; the score is a mix of the counts at all half-lives.

    The mix is their geometric mean, each with `OFFSET` added. Lists of one moment and
    model share the work.

    Args:
        config: As of the writer.
        keep: How many candidates can be asked for at most.
    """

    name = "popularity"
    part: Part = "rows"

    def __init__(self, config: PopularityConfig, keep: int = 2_000) -> None:
        self._rates = 1.0 / np.array(config.half_lives_ms)
        self._leaders = Leaders(len(self._rates), keep)
        self._ordered: dict[tuple[int, int], Slots] = {}
        self.totals: dict[str, Section] = {}

    def assign(self, slot: int, section: Section) -> None:
        """Take the counts of an item."""
        self._ordered.clear()
        logs = np.frombuffer(section.get("logs", b""), "<f8")
        if len(logs) == len(self._rates):
            self._leaders.assign(slot, logs)
        else:
            self._leaders.drop(slot)

    def assign_shared(self, key: str, section: Section) -> None:
        """Take the totals of a partition."""
        self.totals[key] = section

    def drop(self, slot: int) -> None:
        """The item is gone."""
        self._ordered.clear()
        self._leaders.drop(slot)

    def candidates(self, moment: Moment, n: int) -> Slots:
        """The most popular items at this moment, the most popular first."""
        asked = moment.now_ms, n
        slots = self._ordered.get(asked)
        if slots is None:
            columns = range(len(self._rates))
            tops = [self._leaders.top(column, n) for column in columns]
            slots = np.unique(np.concatenate(tops))
            order = np.lexsort((slots, -self.score(moment, slots)))
            slots = self._ordered[asked] = slots[order[:n]]
        return slots

    def score(self, moment: Moment, slots: Slots) -> Vector:
        """An amount: the mix of decayed counts; 0 for an item without any."""
        logs = np.log1p(self.counts(moment.now_ms, slots) / OFFSET)
        mixed: Vector = (np.expm1(logs.mean(axis=1)) * OFFSET).astype(np.float32)
        return mixed

    def counts(self, now_ms: int, slots: Slots) -> Values:
        """Decayed counts at a time, float64 (n, half-lives)."""
        known = np.minimum(slots, len(self._leaders.values) - 1)
        logs = self._leaders.values[known] - now_ms * self._rates
        counts: Values = np.exp2(np.minimum(logs, LATEST))
        counts[known != slots] = 0
        return counts

    def because(self, moment: Moment, slot: int) -> int:
        """No recent item speaks for a popular one."""
        return -1
