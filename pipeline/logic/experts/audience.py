"""Audience, the writing side: which users act on an item, by stage and attribute."""

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from math import log1p

from pipeline.logic.expert import Lesson, Part, Section
from pipeline.logic.experts.tally import Tally

SEEN = ("seen",)
"""How often users of an attribute acted on the item."""


@dataclass(frozen=True, slots=True)
class AudienceConfig:
    """Settings of audience.

    Args:
        stages: Lower bounds of a user's stages, in interactions so far.
        attributes: How many attributes of users an item counts at most.
        attribute_bytes: How many bytes they may take in a row.
    """

    stages: tuple[int, ...] = (0, 1, 2, 3, 5, 8, 13, 21, 34, 60, 120)
    attributes: int = 64
    attribute_bytes: int = 640

    def stage(self, history: int) -> int:
        """Stage of a user with so many interactions.

        >>> [AudienceConfig().stage(history) for history in (0, 4, 5, 1_000)]
        [0, 3, 4, 10]
        """
        return bisect_right(self.stages, history) - 1


@dataclass(slots=True)
class Audience:
    """Who acted on one item.

    Args:
        stages: Interactions by stage of the user.
        experience: Sum over them of ln(1 + the user's interactions before).
        attributes: Interactions by attribute of the user.
    """

    stages: "array[int]"
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
            self.load(slot, {"stages": bytes(4 * len(self._config.stages))})
            row = self._rows[slot]
        row.stages[self._config.stage(lesson.history)] += 1
        row.experience += log1p(lesson.history)
        if lesson.attributes:
            tally = row.attributes
            index = tally.index()
            texts = dict.fromkeys(lesson.attributes)
            tally.add([text for text in texts if text not in index])
            for text in texts:
                tally.columns[0][index[text]] += 1
            tally.keep(self._config.attributes, self._config.attribute_bytes)

    def section(self, slot: int) -> Section:
        """The audience; empty for an item without any."""
        row = self._rows.get(slot)
        if row is None:
            return {}
        return {
            "stages": row.stages.tobytes(),
            "experience": row.experience,
            **row.attributes.section(),
        }

    def load(self, slot: int, section: Section) -> None:
        """Take the audience of a row back; counts of other stages start afresh."""
        if not section:
            self._rows.pop(slot, None)
            return
        stages = array("I", section["stages"])
        if len(stages) != len(self._config.stages):
            stages = array("I", bytes(4 * len(self._config.stages)))
        attributes = Tally(SEEN, section)
        self._rows[slot] = Audience(stages, section.get("experience", 0.0), attributes)

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
    return Audience(row.stages[:], row.experience, row.attributes.copied())
