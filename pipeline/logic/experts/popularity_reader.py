"""Popularity, the reading side: the decayed counts of all items."""

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.expert import Moment, Part, Section
from pipeline.logic.experts.grow import grown
from pipeline.logic.experts.leaders import Leaders, Values
from pipeline.logic.experts.popularity import PopularityConfig

OFFSET = 1.0
"""What is added to a count before its logarithm is taken; less trusts small counts."""
LATEST = 60.0
"""Counts are not taken back further than so many half-lives before they were made."""
SHOWN_PRIOR = 20.0
"""So many impressions are added, clicked on as often as all items are."""
TOLD = ("events", "against", "impressions", "clicks", "last_ms")
"""What is kept of an item besides its decayed counts."""
HOUR_MS = 3_600_000.0


class PopularityReader:
    """Proposes what is popular; the score is a mix of the counts at all half-lives.

    The mix is their geometric mean, each with `OFFSET` added, times the share of
    interactions that were in favour. Lists of one moment and model share the work.

    Args:
        config: As of the writer.
        keep: How many candidates can be asked for at most.
    """

    name = "popularity"
    part: Part = "rows"

    def __init__(self, config: PopularityConfig, keep: int = 2_000) -> None:
        half_lives = range(len(config.half_lives_ms))
        self.feature_names = (*(f"count {n}" for n in half_lives), "clicks", "idle")
        self._rates = 1.0 / np.array(config.half_lives_ms)
        self._leaders = Leaders(len(self._rates), keep)
        self._told: Values = np.zeros((1024, len(TOLD)))
        self._last: tuple[int, int, Slots] | None = None
        self._totals: dict[str, Section] = {}

    def assign(self, slot: int, section: Section) -> None:
        """Take the counts of an item."""
        self._last = None
        logs = np.frombuffer(section.get("logs", b""), "<f8")
        if len(logs) == len(self._rates):
            self._leaders.assign(slot, logs)
        else:
            self._leaders.drop(slot)
        self._told = grown(self._told, slot + 1, 0)
        self._told[slot] = [section.get(name, 0) for name in TOLD]

    def assign_shared(self, key: str, section: Section) -> None:
        """Take the totals of a partition."""
        self._totals[key] = section

    def drop(self, slot: int) -> None:
        """The item is gone."""
        self._last = None
        self._leaders.drop(slot)
        self._told[slot : slot + 1] = 0

    def candidates(self, moment: Moment, n: int) -> Slots:
        """The most popular items at this moment, the most popular first."""
        if self._last is None or self._last[:2] != (moment.now_ms, n):
            columns = range(len(self._rates))
            tops = [self._leaders.top(column, n) for column in columns]
            slots = np.unique(np.concatenate(tops))
            order = np.lexsort((slots, -self.score(moment, slots)))
            self._last = moment.now_ms, n, slots[order[:n]]
        return self._last[2]

    def score(self, moment: Moment, slots: Slots) -> Vector:
        """An amount: the mix of decayed counts; 0 for an item without any."""
        logs = np.log1p(self.counts(moment.now_ms, slots) / OFFSET)
        mixed = np.expm1(logs.mean(axis=1)) * OFFSET
        events, against = self._of(slots)[:, :2].T
        score: Vector = (mixed * (events + 1) / (events + against + 1)).astype("f4")
        return score

    def features(self, moment: Moment, slots: Slots) -> Matrix:
        """What a ranker may weigh one by one, float32 (n, features), logits.

        Counts; how far clicks on impressions exceed those on all items; and how long
        ago the last interaction was.
        """
        logs = np.log(self.counts(moment.now_ms, slots) + OFFSET)
        events, _, impressions, clicks, last_ms = self._of(slots).T
        shown = sum(total["impressions"] for total in self._totals.values())
        clicked = sum(total["clicks"] for total in self._totals.values())
        usual = (clicked + 1) / (shown + SHOWN_PRIOR)
        shares = (clicks + SHOWN_PRIOR * usual) / (impressions + SHOWN_PRIOR)
        idle = np.log1p(np.maximum(moment.now_ms - last_ms, 0) / HOUR_MS)
        columns = [*logs.T, np.log(shares / usual), np.where(events > 0, -idle, 0)]
        return np.stack(columns, axis=1).astype(np.float32)

    def counts(self, now_ms: int, slots: Slots) -> Values:
        """Decayed counts at a time, float64 (n, half-lives)."""
        known = np.minimum(slots, len(self._leaders.values) - 1)
        logs = self._leaders.values[known] - now_ms * self._rates
        counts: Values = np.exp2(np.minimum(logs, LATEST))
        counts[known != slots] = 0
        return counts

    def _of(self, slots: Slots) -> Values:
        """What is kept of items besides their decayed counts, float64 (n, told)."""
        known = np.minimum(slots, len(self._told) - 1)
        told: Values = self._told[known]
        told[known != slots] = 0
        return told

    def because(self, moment: Moment, slot: int) -> int:
        """No recent item speaks for a popular one."""
        return -1
