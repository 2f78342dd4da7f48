"""Audience, the writing side: which users act on an item, by stage and attribute."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

from pipeline.logic.expert import Lesson, Part, Section
from pipeline.logic.experts.tally import Tally
from pipeline.logic.sessions import session_length

SEEN = ("seen",)
"""How often users of an attribute acted on the item."""


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


@dataclass(slots=True)
class Audience:
    """Who acted on one item.

    Args:
        stages: Interactions by stage of the user.
        sessions: Interactions by stage of the user's session.
        experience: Sum over them of ln(1 + the user's interactions before).
        attributes: Interactions by attribute of the user.
    """

    stages: "array[int]"
    sessions: "array[int]"
    experience: float
    attributes: Tally


class AudienceWriter:
    """The audience of each item of a partition."""

    name = "audience"
    part: Part = "rows"

    def __init__(self, config: AudienceConfig) -> None:
        self._config = config
        self._rows: dict[int, Audience] = {}

    def learn(self, slot: int, lesson: Lesson) -> None:
        """Count one user who acted in favour."""
        if slot < 0 or lesson.shown or not lesson.label:
            return
        row = self._rows.get(slot)
        if row is None:
            row = self._rows[slot] = self._read({})
        history, times_ms = lesson.history, lesson.recent_times_ms
        row.stages[self._config.stage(history)] += 1
        row.sessions[self._config.session(history, times_ms, lesson.event_time_ms)] += 1
        row.experience += log1p(history)
        if lesson.attributes:
            tally = row.attributes
            index, seen = tally.index(), tally.columns[0]
            texts = dict.fromkeys(lesson.attributes)
            new = [text for text in texts if text not in index]
            if new:
                tally.add(new)
            for text in texts:
                seen[index[text]] += 1
            tally.keep(self._config.attributes, self._config.attribute_bytes)

    def section(self, slot: int) -> Section:
        """The audience; empty for an item without any."""
        row = self._rows.get(slot)
        if row is None:
            return {}
        return {
            "stages": row.stages.tobytes(),
            "sessions": row.sessions.tobytes(),
            "experience": row.experience,
            **row.attributes.section(),
        }

    def load(self, slot: int, section: Section) -> None:
        """Take the audience of a row back; counts of other stages start afresh."""
        if section:
            self._rows[slot] = self._read(section)
        else:
            self._rows.pop(slot, None)

    def _read(self, section: Section) -> Audience:
        return Audience(
            counts_of(section.get("stages", b""), len(self._config.stages)),
            counts_of(section.get("sessions", b""), 2 * len(self._config.sessions)),
            section.get("experience", 0.0),
            Tally(SEEN, section),
        )

    def copy(self, slot: int) -> Audience | None:
        """A copy of the audience; None for an item without any."""
        row = self._rows.get(slot)
        return None if row is None else copied(row)

    def put(self, slot: int, copied_row: Audience | None) -> None:
        """Take the audience of a copy; None empties the slot."""
        if copied_row is None:
            self._rows.pop(slot, None)
        else:
            self._rows[slot] = copied(copied_row)


def copied(row: Audience) -> Audience:
    """Another one with the same counts."""
    return Audience(
        row.stages[:], row.sessions[:], row.experience, row.attributes.copied()
    )


def counts_of(raw: bytes, columns: int) -> "array[int]":
    """Counts of a section; zeros if there are not so many."""
    return array("I", raw if len(raw) == 4 * columns else bytes(4 * columns))
