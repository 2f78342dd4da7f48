"""Popularity, the writing side: how often an item was acted on, lately and ever.

A count that halves once per half-life h is kept as the binary logarithm of
`sum(weight * 2 ** (event_time / h))`. Such a sum only grows, takes late events as they
are, and orders items at any later moment as their decayed counts do.
"""

from dataclasses import dataclass
from math import inf, log2

from pipeline.logic.expert import Lesson, Part, Section
from pipeline.logic.experts.counts import Counts, Totals, add_to_log2

HOUR_MS = 3_600_000
TOTALS = -1
"""The slot of what belongs to no single item."""


@dataclass(frozen=True, slots=True)
class PopularityConfig:
    """Settings of popularity.

    Args:
        half_lives_ms: After how long a count has halved; infinite for all time.
    """

    half_lives_ms: tuple[float, ...] = (
        HOUR_MS,
        24 * HOUR_MS,
        168 * HOUR_MS,
        720 * HOUR_MS,
        inf,
    )


class PopularityWriter:
    """Counts of each item of a partition, and of the partition as a whole.

    An impression tells how often an item was shown and with what success. Behaviour
    alone makes an item popular, so that what is shown does not raise itself, and an
    interaction that answers an impression counts once.
    """

    name = "popularity"
    part: Part = "rows"

    def __init__(self, config: PopularityConfig) -> None:
        self._config = config
        self._rows: dict[int, Counts] = {}
        self.totals = Totals()

    def learn(self, slot: int, lesson: Lesson) -> None:
        """Count one example, of an item or of the partition."""
        if slot == TOTALS:
            self._learn_totals(lesson)
            return
        counts = self._rows.get(slot)
        if counts is None:
            counts = self._rows[slot] = self._empty()
        if lesson.shown:
            counts.impressions += 1
            counts.clicks += lesson.label
        elif lesson.label:
            self._learn_interaction(counts, lesson)
        else:
            counts.against += 1

    def _learn_totals(self, lesson: Lesson) -> None:
        if lesson.shown:
            self.totals.impressions += 1
            self.totals.clicks += lesson.label
        else:
            self.totals.accepted += 1

    def _learn_interaction(self, counts: Counts, lesson: Lesson) -> None:
        logs = counts.logs
        weight = log2(lesson.weight)
        time_ms = lesson.event_time_ms
        for i, half_life_ms in enumerate(self._config.half_lives_ms):
            logs[i] = add_to_log2(logs[i], weight + time_ms / half_life_ms)
        counts.events += 1
        counts.first_ms = min(counts.first_ms or time_ms, time_ms)
        counts.last_ms = max(counts.last_ms, time_ms)

    def _empty(self) -> Counts:
        return Counts.empty(len(self._config.half_lives_ms))

    def section(self, slot: int) -> Section:
        """The counts; empty for an item without any."""
        if slot == TOTALS:
            return self.totals.section()
        counts = self._rows.get(slot)
        return {} if counts is None else counts.section()

    def load(self, slot: int, section: Section) -> None:
        """Take the counts of a row back."""
        if slot == TOTALS:
            self.totals.load(section)
        elif section:
            counts = self._rows[slot] = self._empty()
            counts.load(section)
        else:
            self._rows.pop(slot, None)

    def copy(self, slot: int) -> Counts | Totals | None:
        """A copy of the counts; None for an item without any."""
        if slot == TOTALS:
            return self.totals.copied()
        counts = self._rows.get(slot)
        return None if counts is None else counts.copied()

    def put(self, slot: int, copied: Counts | Totals | None) -> None:
        """Take the counts of a copy; None empties the slot."""
        if isinstance(copied, Totals):
            self.totals = copied.copied()
        elif copied is not None:
            self._rows[slot] = copied.copied()
        else:
            self._rows.pop(slot, None)
