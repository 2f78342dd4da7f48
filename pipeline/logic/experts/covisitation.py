"""Co-visitation, the writing side: which items the users of an item had before.

All that is learnt stands in the row of the later item, from the recent items that the
example carries; so it needs no other partition. Readers keep the transpose.
"""

from dataclasses import dataclass

from pipeline.logic.expert import Lesson, Part, Section
from pipeline.logic.experts.partners import Partners

DAY_MS = 86_400_000
HOT_ROWS = 4_096
"""So many rows keep an index of their partners: those learnt from last."""


@dataclass(frozen=True, slots=True)
class CovisitationConfig:
    """Settings of co-visitation.

    Args:
        look_back: How many of the user's last items become partners.
        decay: What the next older of them counts against the one after it.
        next_shares: What the last items count for what comes next, the last first.
        fast_half_life_ms: After how long a fast count has halved.
        partners: How many an item has at most; the weakest make room.
        partner_bytes: How many bytes all partners of a row may take.
    """

    look_back: int = 20
    decay: float = 0.9
    next_shares: tuple[float, ...] = (1.0, 0.4, 0.16)
    fast_half_life_ms: int = 7 * DAY_MS
    partners: int = 300
    partner_bytes: int = 5_600


class CovisitationWriter:
    """Partners of each item of a partition, from what users did."""

    name = "covisitation"
    part: Part = "rows"

    def __init__(self, config: CovisitationConfig) -> None:
        self._config = config
        self._rows: dict[int, Partners] = {}
        self._hot: dict[int, None] = {}
        self._shares = [config.decay**gap for gap in range(config.look_back)]

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
        recent = lesson.recent[: -config.look_back - 1 : -1]
        before = list(zip(recent, self._shares, strict=False))
        if lesson.item in recent:
            before = [each for each in before if each[0] != lesson.item]
        row.count(before, weight, rise)
        for partner, share in zip(recent, config.next_shares, strict=False):
            if partner != lesson.item:
                row.count_next(partner, share * weight)
        row.tally.keep(config.partners, config.partner_bytes)

    def _heat(self, slot: int) -> None:
        """Keep the index of this row, and no more than `HOT_ROWS` of them."""
        self._hot.pop(slot, None)
        self._hot[slot] = None
        if len(self._hot) > HOT_ROWS:
            coldest = next(iter(self._hot))
            del self._hot[coldest]
            row = self._rows.get(coldest)
            if row is not None:
                row.tally.forget_index()

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
