"""Popularity, the writing side: how often an item was acted on, lately and ever.

A count that halves once per half-life h is kept as the binary logarithm of
`sum(weight * 2 ** (event_time / h))`. Such a sum only grows, takes late events as they
are, and orders items at any later moment as their decayed counts do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap
from math import inf

import numpy as np

from pipeline.logic.expert import Lesson, Part, Section
from pipeline.logic.experts.counts import (
    NUMBERS,
    Counts,
    Totals,
    counts_of,
    no_counts,
)
from pipeline.logic.experts.pieces import cut
from pipeline.logic.kernels.popularity_counts import Lessons, learn

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
        self._half_lives_ms = np.array(config.half_lives_ms, np.float64)
        self._nothing = no_counts(len(config.half_lives_ms))
        self._rows: dict[int, Counts] = {}
        self.totals = Totals()

    def learn(self, slots: Sequence[int], lessons: Sequence[Lesson]) -> None:
        """Count examples of items; `totals` learns for itself."""
        rows: dict[int, int] = {}
        told = Lessons(
            np.array([rows.setdefault(slot, len(rows)) for slot in slots], np.int64),
            np.array([lesson.label for lesson in lessons], np.bool_),
            np.array([lesson.shown for lesson in lessons], np.bool_),
            np.array([lesson.weight for lesson in lessons], np.float64),
            np.array([lesson.event_time_ms for lesson in lessons], np.int64),
        )
        before = [self._rows.get(slot, self._nothing) for slot in rows]
        # A bytearray, for what lies over one may be changed.
        logs = bytearray().join([row.logs for row in before])
        numbers = bytearray().join([row.numbers for row in before])
        learn(
            np.frombuffer(logs).reshape(-1, len(self._half_lives_ms)),
            np.frombuffer(numbers, np.int64).reshape(-1, NUMBERS),
            told,
            self._half_lives_ms,
        )
        cells = zip(
            cut(bytes(logs), len(self._nothing.logs)),
            cut(bytes(numbers), len(self._nothing.numbers)),
            strict=True,
        )
        self._rows.update(zip(rows, starmap(Counts, cells), strict=True))

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
            self._rows[slot] = counts_of(section, len(self._half_lives_ms))
        else:
            self._rows.pop(slot, None)

    def copy(self, slot: int) -> Counts | Totals | None:
        """The counts, an item's never change in place; None if there are none."""
        return self.totals.copied() if slot == TOTALS else self._rows.get(slot)

    def put(self, slot: int, copied: Counts | Totals | None) -> None:
        """Take the counts of a copy; None empties the slot."""
        if isinstance(copied, Totals):
            self.totals = copied.copied()
        elif copied is not None:
            self._rows[slot] = copied
        else:
            self._rows.pop(slot, None)
