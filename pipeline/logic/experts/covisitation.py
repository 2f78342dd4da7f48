"""Co-visitation, the writing side: which items the users of an item had before.

All that is learnt stands in the row of the later item, from the recent items that the
example carries; so it needs no other partition. Readers keep the transpose.
"""

from dataclasses import dataclass
from itertools import repeat

import numpy as np

from pipeline.logic.arrays import Matrix, Slots
from pipeline.logic.expert import Lesson, Part, Section
from pipeline.logic.experts.partners import Partners
from pipeline.logic.kernels.covisitation_counts import Shares, count

DAY_MS = 86_400_000
TIME_LOOK_BACK = 40
"""How many of the user's last items count by their time."""
TIME_MS = 120_000
"""After how long such a count is 1/e."""
LEAST_TIME = 0.01
"""What an item must count by time alone to become a partner."""
HOT_ROWS = 4_096
"""So many rows keep an index of their partners: those learnt from last."""


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


class CovisitationWriter:
    """Partners of each item of a partition, from what users did."""

    name = "covisitation"
    part: Part = "rows"

    def __init__(self, config: CovisitationConfig) -> None:
        self._config = config
        self._rows: dict[int, Partners] = {}
        self._hot: dict[int, None] = {}
        self._shares = Shares(_by_place(config), float(TIME_MS))
        self._farthest_ms = -TIME_MS * float(np.log(LEAST_TIME))

    def learn(self, slot: int, lesson: Lesson) -> None:
        """Count the user's recent items as partners of the item."""
        if slot < 0 or lesson.shown or not lesson.label:
            return
        row = self._rows.get(slot)
        if row is None:
            row = self._rows[slot] = Partners({})
        self._heat(slot)
        config, weight = self._config, lesson.weight
        row.events += weight
        rise = row.rise(lesson.event_time_ms, config.fast_half_life_ms)
        back = -max(config.look_back, config.wide_look_back) - 1
        recent, times_ms = lesson.recent[:back:-1], lesson.recent_times_ms[:back:-1]
        if not recent:
            return
        if len(times_ms) != len(recent):
            raise ValueError(f"{len(recent)} recent items have {len(times_ms)} times")
        since_ms = lesson.event_time_ms - self._farthest_ms
        places = self._places(row, lesson.item, recent, times_ms, since_ms)
        elapsed_ms = lesson.event_time_ms - np.array(times_ms, np.int64)
        count(row.counts, places, elapsed_ms, self._shares, weight, rise)
        row.keep(config.partners, config.partner_bytes)

    def _places(
        self,
        row: Partners,
        item: str,
        recent: list[str],
        times_ms: list[int],
        since_ms: float,
    ) -> Slots:
        """Where recent items stand among the partners; -1 for what is none.

        The last few become partners, with all that share a time with the last of them,
        and so do those since a time.
        """
        index, near = row.index(), self._config.look_back
        places = list(map(index.get, recent, repeat(-1)))
        if -1 in places:
            new = [
                gap
                for gap, place in enumerate(places)
                if place < 0
                and (
                    gap < near
                    or times_ms[gap] == times_ms[near - 1]
                    or (gap < TIME_LOOK_BACK and times_ms[gap] > since_ms)
                )
            ]
            partners = dict.fromkeys([recent[gap] for gap in new])
            partners.pop(item, None)
            row.add(list(partners))
            for gap in new:
                places[gap] = index.get(recent[gap], -1)
        return np.array(places, np.int64)

    def _heat(self, slot: int) -> None:
        """Keep the index of this row, and no more than `HOT_ROWS` of them."""
        self._hot.pop(slot, None)
        self._hot[slot] = None
        if len(self._hot) > HOT_ROWS:
            coldest = next(iter(self._hot))
            del self._hot[coldest]
            row = self._rows.get(coldest)
            if row is not None:
                row.forget_index()

    def section(self, slot: int) -> Section:
        """The partners; empty for an item that was not learnt from."""
        row = self._rows.get(slot)
        return {} if row is None else row.section()

    def load(self, slot: int, section: Section) -> None:
        """Take the partners of a row back."""
        if section:
            self._rows[slot] = Partners(section)
        else:
            self._rows.pop(slot, None)

    def copy(self, slot: int) -> Partners | None:
        """A copy of the partners; None for an item that was not learnt from."""
        row = self._rows.get(slot)
        return None if row is None else row.copied()

    def put(self, slot: int, copied: Partners | None) -> None:
        """Take the partners of a copy; None empties the slot."""
        if copied is None:
            self._rows.pop(slot, None)
        else:
            self._rows[slot] = copied.copied()


def _by_place(config: CovisitationConfig) -> Matrix:
    """What recent items add by their place, the newest first, float32 (3, places)."""
    gaps = np.arange(max(config.look_back, config.wide_look_back))
    shares = np.zeros((3, len(gaps)), np.float32)
    shares[0] = (gaps < config.look_back) * config.decay**gaps
    shares[1, : len(config.next_shares)] = config.next_shares
    shares[2] = (gaps < config.wide_look_back) * config.wide_decay**gaps
    return shares
