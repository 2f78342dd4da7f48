"""Rows of items whose texts have numbers, so that a kernel can learn many at once."""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from pipeline.logic.expert import Lesson, Section
from pipeline.logic.experts.numbering import Numbering


class Row(Protocol):
    """What is kept of an item; it never changes in place."""

    def section(self) -> Section:
        """As it stands in a row of the model."""


R = TypeVar("R", bound=Row)


class NumberedRows(Generic[R]):
    """What a row writer keeps by slot; a base class.

    Args:
        beside: Bytes that a text takes in a row beside its own.
    """

    def __init__(self, beside: int) -> None:
        self._rows: dict[int, R] = {}
        self._numbering = Numbering(beside)

    def section(self, slot: int) -> Section:
        """What is kept; empty for an item that was not learnt from."""
        row = self._rows.get(slot)
        return {} if row is None else row.section()

    def copy(self, slot: int) -> R | None:
        """What is kept, which never changes in place; None if nothing was learnt."""
        return self._rows.get(slot)

    def put(self, slot: int, copied: R | None) -> None:
        """Take what a copy kept; None empties the slot."""
        self._numbering.forget(slot)
        if copied is None:
            self._rows.pop(slot, None)
        else:
            self._rows[slot] = copied


def in_favour(
    slots: Sequence[int], lessons: Sequence[Lesson]
) -> tuple[dict[int, int], list[Lesson], list[int]]:
    """Interactions in favour.

    Returns:
        Rows of their items, by slot, in the order in which they come; the lessons; and
        the row of each.
    """
    rows: dict[int, int] = {}
    liked, places = [], []
    for slot, lesson in zip(slots, lessons, strict=True):
        if lesson.label and not lesson.shown:
            liked.append(lesson)
            places.append(rows.setdefault(slot, len(rows)))
    return rows, liked, places
