"""Co-visitation, the writing side: which items the users of an item had before.

All that is learnt stands in the row of the later item, from the recent items that the
example carries; so it needs no other partition. Readers keep the transpose.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.logic.arrays import Matrix
from pipeline.logic.expert import Lesson, Part, Section
from pipeline.logic.experts.numbered_rows import NumberedRows, in_favour
from pipeline.logic.experts.partners import (
    CHANNELS,
    NOTHING,
    PARTNER_BYTES,
    Partners,
    partners_of,
)
from pipeline.logic.kernels.changes import Changes
from pipeline.logic.kernels.covisitation_counts import Shares
from pipeline.logic.kernels.covisitation_desk import Rows, Rules
from pipeline.logic.kernels.covisitation_learn import Lessons, learn

DAY_MS = 86_400_000
TIME_MS = 120_000
"""After how long a count by time is 1/e."""
LEAST_TIME = 0.01
"""What an item must count by time alone to become a partner."""
PARTNER = 4 * len(CHANNELS)


@dataclass(frozen=True, slots=True)
class CovisitationConfig:
    """Settings of co-visitation.

    Args:
        look_back: How many of the user's last items become partners.
        decay: What the next older of them counts against the one after it.
        wide_look_back: How many count for what goes together in the long run.
        wide_decay: What the next older of those counts.
        next_shares: What the last items count for what comes next, the last first.
        fast_half_life_ms: After how long a fast count has halved.
        partners: How many an item has at most; the weakest make room.
        partner_bytes: How many bytes all partners of a row may take.
    """

    look_back: int = 20
    decay: float = 0.9
    wide_look_back: int = 60
    wide_decay: float = 0.97
    next_shares: tuple[float, ...] = (1.0, 0.4, 0.16)
    fast_half_life_ms: int = 60 * DAY_MS
    partners: int = 300
    partner_bytes: int = 6_600


class CovisitationWriter(NumberedRows[Partners]):
    """Partners of each item of a partition, from what users did."""

    name = "covisitation"
    part: Part = "rows"

    def __init__(self, config: CovisitationConfig) -> None:
        super().__init__(PARTNER_BYTES)
        self._look_back = max(config.look_back, config.wide_look_back)
        self._rules = Rules(
            Shares(_by_place(config), float(TIME_MS)),
            config.look_back,
            -TIME_MS * float(np.log(LEAST_TIME)),
            config.fast_half_life_ms,
            config.partners,
            config.partner_bytes,
        )

    def learn(self, slots: Sequence[int], lessons: Sequence[Lesson]) -> None:
        """Count users' recent items as partners of the items."""
        rows, liked, places = in_favour(slots, lessons)
        if not liked:
            return
        self._numbering.bound()
        told = self._told(liked, places)
        before = [self._rows.get(slot, NOTHING) for slot in rows]
        learnt = self._gather(rows, before)
        numbering = self._numbering
        changes, numbers, counts = learn(
            learnt, told, self._rules, numbering.where, numbering.costs
        )
        learnt = learnt._replace(numbers=numbers, counts=counts)
        self._scatter(rows, before, learnt, changes)

    def _told(self, lessons: list[Lesson], rows: list[int]) -> Lessons:
        """Lessons as kernels read them; ids by their numbers."""
        back = -self._look_back - 1
        ids: list[str] = []
        times_ms: list[int] = []
        ends = []
        for lesson in lessons:
            ids += lesson.recent[:back:-1]
            times_ms += lesson.recent_times_ms[:back:-1]
            ends.append(len(ids))
            if len(times_ms) != len(ids):
                many, timed = len(lesson.recent), len(lesson.recent_times_ms)
                raise ValueError(f"{many} recent items have {timed} times")
        recent = self._numbering.of(ids)
        # An item without a number is none of the recent ones.
        own = [self._numbering.get(lesson.item, -1) for lesson in lessons]
        return Lessons(
            np.array(rows, np.int64),
            np.array(own, np.int32),
            np.array([lesson.event_time_ms for lesson in lessons], np.int64),
            np.array([lesson.weight for lesson in lessons], np.float64),
            np.array(ends, np.int64),
            recent,
            np.fromiter(times_ms, np.int64, len(times_ms)),
        )

    def _gather(self, slots: Iterable[int], rows: list[Partners]) -> Rows:
        """Rows as kernels read them."""
        return Rows(
            np.array([len(row.ids) for row in rows], np.int64),
            np.array([row.size for row in rows], np.int64),
            np.array([row.events for row in rows], np.float64),
            np.array([row.at_ms for row in rows], np.int64),
            self._numbering.gather(slots, [row.ids for row in rows]),
            np.frombuffer(b"".join([row.counts for row in rows]), np.float32),
        )

    def _scatter(
        self,
        slots: Iterable[int],
        before: list[Partners],
        rows: Rows,
        changes: Changes,
    ) -> None:
        """Take rows from the kernel."""
        ids_before = [row.ids for row in before]
        told = zip(
            slots,
            self._numbering.scatter(slots, ids_before, changes, rows.numbers),
            rows.events.tolist(),
            rows.at_ms.tolist(),
            rows.sizes.tolist(),
            strict=True,
        )
        counts, first = rows.counts.tobytes(), 0
        for slot, ids, events, at_ms, size in told:
            end = first + PARTNER * len(ids)
            self._rows[slot] = Partners(events, at_ms, ids, counts[first:end], size)
            first = end

    def load(self, slot: int, section: Section) -> None:
        """Take the partners of a row back."""
        self.put(slot, partners_of(section) if section else None)


def _by_place(config: CovisitationConfig) -> Matrix:
    """What recent items add by their place, the newest first, float32 (3, places)."""
    gaps = np.arange(max(config.look_back, config.wide_look_back))
    shares = np.zeros((3, len(gaps)), np.float32)
    shares[0] = (gaps < config.look_back) * config.decay**gaps
    shares[1, : len(config.next_shares)] = config.next_shares
    shares[2] = (gaps < config.wide_look_back) * config.wide_decay**gaps
    return shares
