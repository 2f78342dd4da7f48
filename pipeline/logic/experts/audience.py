"""Audience, the writing side: which users act on an item, by stage and attribute."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.logic.expert import Lesson, Part, Section
from pipeline.logic.experts.audience_row import (
    ATTRIBUTE_BYTES,
    COUNT,
    Audience,
    audience_of,
)
from pipeline.logic.experts.numbered_rows import NumberedRows, in_favour
from pipeline.logic.experts.pieces import cut
from pipeline.logic.kernels.audience_learn import Lessons, Rows, Rules, learn
from pipeline.logic.kernels.changes import Changes
from pipeline.logic.sessions import session_length


@dataclass(frozen=True, slots=True)
class AudienceConfig:
    """Settings of audience.

    Args:
        stages: Lower bounds of a user's stages, in interactions so far.
        sessions: Lower bounds of a session's stages, in interactions of it so far.
        attributes: How many attributes of users an item counts at most.
        attribute_bytes: How many bytes they may take in a row.
    """

    stages: tuple[int, ...] = (0, 1, 2, 3, 5, 8, 13, 21, 34, 60, 120)
    sessions: tuple[int, ...] = (0, 1, 2, 4, 8, 16)
    attributes: int = 64
    attribute_bytes: int = 640

    def stage(self, history: int) -> int:
        """Stage of a user with so many interactions.

        >>> [AudienceConfig().stage(history) for history in (0, 4, 5, 1_000)]
        [0, 3, 4, 10]
        """
        return bisect_right(self.stages, history) - 1

    def session(self, history: int, times_ms: Sequence[int], now_ms: int) -> int:
        """Stage of a session, twice: of users who were here before, and of new ones.

        >>> config = AudienceConfig()
        >>> config.session(0, [], 9), config.session(1, [], 9)
        (0, 1)
        >>> config.session(3, [5, 6, 7], 9), config.session(4, [5, 6, 7], 9)
        (4, 5)
        """
        length = session_length(times_ms, now_ms, self.sessions[-1])
        return 2 * (bisect_right(self.sessions, length) - 1) + (history > length)


class AudienceWriter(NumberedRows[Audience]):
    """The audience of each item of a partition."""

    name = "audience"
    part: Part = "rows"

    def __init__(self, config: AudienceConfig) -> None:
        super().__init__(ATTRIBUTE_BYTES)
        self._config = config
        self._nothing = self._read({})
        self._rules = Rules(
            np.array(config.stages, np.int64),
            np.array(config.sessions, np.int64),
            config.attributes,
            config.attribute_bytes,
        )

    def learn(self, slots: Sequence[int], lessons: Sequence[Lesson]) -> None:
        """Count users who acted in favour."""
        rows, liked, places = in_favour(slots, lessons)
        if not liked:
            return
        self._numbering.bound()
        told = self._told(liked, places)
        before = [self._rows.get(slot, self._nothing) for slot in rows]
        learnt = self._gather(rows, before)
        changes, numbers, seen = learn(learnt, told, self._rules, self._numbering.costs)
        learnt = learnt._replace(numbers=numbers, seen=seen)
        self._scatter(rows, before, learnt, changes)

    def _told(self, lessons: list[Lesson], rows: list[int]) -> Lessons:
        """Lessons as kernels read them; attributes by their numbers."""
        back = -self._config.sessions[-1] - 1
        recent_ms: list[int] = []
        recent_ends = []
        texts: list[str] = []
        ends = []
        for lesson in lessons:
            recent_ms += lesson.recent_times_ms[:back:-1]
            recent_ends.append(len(recent_ms))
            texts += dict.fromkeys(lesson.attributes)
            ends.append(len(texts))
        return Lessons(
            np.array(rows, np.int64),
            np.array([lesson.history for lesson in lessons], np.int64),
            np.array([lesson.event_time_ms for lesson in lessons], np.int64),
            np.array(recent_ends, np.int64),
            np.fromiter(recent_ms, np.int64, len(recent_ms)),
            np.array(ends, np.int64),
            self._numbering.of(texts),
        )

    def _gather(self, slots: Iterable[int], rows: list[Audience]) -> Rows:
        """Rows as kernels read them."""
        # A bytearray, for what lies over one may be changed.
        stages = bytearray().join([row.stages for row in rows])
        sessions = bytearray().join([row.sessions for row in rows])
        return Rows(
            np.frombuffer(stages, np.uint32).reshape(len(rows), -1),
            np.frombuffer(sessions, np.uint32).reshape(len(rows), -1),
            np.array([row.experience for row in rows], np.float64),
            np.array([len(row.ids) for row in rows], np.int64),
            np.array([row.size for row in rows], np.int64),
            self._numbering.gather(slots, [row.ids for row in rows]),
            np.frombuffer(b"".join([row.seen for row in rows]), np.float32),
        )

    def _scatter(
        self,
        slots: Iterable[int],
        before: list[Audience],
        rows: Rows,
        changes: Changes,
    ) -> None:
        """Take rows from the kernel."""
        ids_before = [row.ids for row in before]
        told = zip(
            slots,
            cut(rows.stages.tobytes(), len(self._nothing.stages)),
            cut(rows.sessions.tobytes(), len(self._nothing.sessions)),
            rows.experience.tolist(),
            self._numbering.scatter(slots, ids_before, changes, rows.numbers),
            rows.sizes.tolist(),
            strict=True,
        )
        seen, first = rows.seen.tobytes(), 0
        for slot, stages, sessions, experience, ids, size in told:
            end = first + COUNT * len(ids)
            own = seen[first:end]
            self._rows[slot] = Audience(stages, sessions, experience, ids, own, size)
            first = end

    def load(self, slot: int, section: Section) -> None:
        """Take the audience of a row back; counts of other stages start afresh."""
        self.put(slot, self._read(section) if section else None)

    def _read(self, section: Section) -> Audience:
        stages, sessions = self._config.stages, self._config.sessions
        return audience_of(section, len(stages), 2 * len(sessions))
