"""What an expert is: it keeps something of each item, and scores items for a user.

An expert has two sides that never share memory. The *writer* lives in a task of update,
learns from examples and gives each touched row's new absolute value as a section. The
*reader* lives in the replica that publish (and the dense task) hold of every row; it
takes sections, proposes candidates and scores them. Ids become slots through the
dictionary of each side (`logic.slots`), so that two ids never collide.

A section is a mapping from short names to raw arrays (`ndarray.tobytes()`,
little-endian and of a stated dtype), texts, numbers, or lists of ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from pipeline.logic.arrays import Mask, Matrix, Slots, Times, Vector

Part = Literal["rows", "dense"]
Section = Mapping[str, Any]


@dataclass(slots=True)
class Lesson:
    """A labelled event, as an expert learns it; nothing changes it.

    It is not frozen, for one is made of each event, and that would take four times as
    long.

    Args:
        item: Id of the item.
        label: 1 in favour, 0 against (shown and left, or disliked).
        weight: Above 0.
        shown: Whether it comes from an impression rather than from behaviour alone.
        event_time_ms: When, milliseconds UTC.
        recent: Ids of the user's last items before, the newest last.
        recent_times_ms: Their event times.
        attributes: Of the user, each as `name=value`.
        categories: Of the item.
        tags: Of the item.
        history: How many interactions the user had before.
        repeat: The user had the item already.
    """

    item: str
    label: int
    weight: float
    shown: bool
    event_time_ms: int
    recent: list[str]
    recent_times_ms: list[int]
    attributes: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    history: int = 0
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """A user at the moment when a list is made, in slots of the reader's dictionary.

    Args:
        now_ms: Event time, milliseconds UTC.
        recent: Slots of the last items that were acted on in favour, int64 (n,), the
            newest last; unknown ones left out.
        recent_times_ms: Their event times, int64 (n,).
        attributes: Of the user, each as `name=value`.
        history: How many interactions the user had.
        disliked: Slots of recent items to leave out, int64 (m,).
        had: Slots of all items that were acted on, in no order, int64 (k,).
    """

    now_ms: int
    recent: Slots
    recent_times_ms: Times
    attributes: list[str]
    history: int
    disliked: Slots = field(default_factory=lambda: np.zeros(0, np.int64))
    had: Slots = field(default_factory=lambda: np.zeros(0, np.int64))


class RowWriter(Protocol):
    """The writing side of an expert of part `rows`; a slot is one item's row.

    Between two commits the task takes a `copy` of each slot before it is touched first,
    and gives it back to `put` to undo; so everything that `learn` changes for a slot
    must be in its copy. `section` and `load` are inverse to the last bit. What belongs
    to no single item (sums over the partition) is the slot -1.
    """

    name: str
    part: Part

    def learn(self, slots: Sequence[int], lessons: Sequence[Lesson]) -> None:
        """Learn examples in their order, each of the item in its slot.

        In how many calls they come changes nothing.
        """

    def section(self, slot: int) -> Section:
        """What the row of `slot` holds now."""

    def load(self, slot: int, section: Section) -> None:
        """Take a row back from its section."""

    def copy(self, slot: int) -> Any:
        """A copy of what the slot holds."""

    def put(self, slot: int, copied: Any) -> None:
        """Make the slot hold what `copy` gave."""


class Reader(Protocol):
    """The reading side of an expert, over all items of the replica.

    What is asked for one moment is asked in this order: `candidates`, `context`,
    `features`, `because`; a reader may keep what it looked up for that moment object.

    Attributes:
        feature_names: What it says of a candidate, one name a number.
        context_names: What it says of the moment as a whole.
    """

    name: str
    part: Part
    feature_names: tuple[str, ...]
    context_names: tuple[str, ...]

    def assign(self, slot: int, section: Section) -> None:
        """Take the new value of an item's row."""

    def assign_shared(self, key: str, section: Section) -> None:
        """Take the new value of a row that belongs to no single item."""

    def drop(self, slot: int) -> None:
        """The item is gone; its slot may be given to another."""

    def candidates(self, moment: Moment, listable: Mask) -> Slots:
        """Slots worth ranking for this user, by all of the expert's strategies, int64.

        Args:
            moment: The user, now.
            listable: Of each slot, whether this list may hold it, bool (slots,).
        """

    def context(self, moment: Moment) -> Vector:
        """Numbers about the moment, float32 (contexts,), each of moderate size."""

    def features(self, moment: Moment, slots: Slots, out: Matrix) -> None:
        """Say what is known of candidates: fill `out`, float32 (features, n).

        Logits or logarithms, finite and of moderate size: a ranker standardises and
        weighs them, whatever their scale.
        """

    def because(self, moment: Moment, slots: Slots) -> Slots:
        """For each candidate the slot of the recent item that speaks most for it.

        Returns:
            int64 (n,); -1 where there is none.
        """
