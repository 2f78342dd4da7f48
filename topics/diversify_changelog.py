"""`diversify.changelog`: what a task of diversify remembers; its own.

Appended, not compacted: packs of a partition, read from the beginning. A later unit of
a user and item replaces an earlier one. What event time alone removes is not written:
the watermark, the last unit of a commit, says what is over. What is still needed is
appended again each hour, before retention takes it.
"""

from dataclasses import dataclass
from typing import Literal

from topics.examples import Example
from topics.spec import DAY_MS, Format, Key, TopicSpec

Entry = Literal["pair", "level", "content", "basis", "appended", "watermark"]


@dataclass(frozen=True, slots=True)
class Act:
    """What a user did with an item lately.

    Args:
        type: The type of the event; `impression` for one that was acted on.
        slate_id: The list it was about; None for an event outside of any.
        event_time_ms: When, milliseconds UTC.
        sign: 1 in favour, -1 against, 0 for an impression.
    """

    type: str
    slate_id: str | None
    event_time_ms: int
    sign: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """An impression whose window is open.

    Args:
        slate_id: The list in which the item was shown.
        due_ms: Event time at which the window closes.
        example: What it becomes if nothing happens until then.
    """

    slate_id: str
    due_ms: int
    example: Example


@dataclass(frozen=True, slots=True)
class Pair:
    """All that is remembered of one user with one item.

    Args:
        acts: In the order in which they came.
        waiting: In the order in which they came.
        until_ms: Event time until which the acts are remembered.
    """

    acts: tuple[Act, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """How much a user has contributed of late.

    Args:
        amount: In interactions; it drains with event time.
        event_time_ms: When it stood so.
    """

    amount: float
    event_time_ms: int


@dataclass(frozen=True, slots=True)
class Content:
    """The names of an item from which the basis of item content is fitted.

    Args:
        categories: Of the item.
        tags: Of the item.
        event_time_ms: When it was taken, milliseconds UTC.
        version: Of the newest basis at that time; 0 if there was none.
    """

    categories: list[str]
    tags: list[str]
    event_time_ms: int
    version: int


@dataclass(frozen=True, slots=True)
class Memory:
    """One unit of what a task of diversify remembers: a new absolute value.

    Args:
        entry: `pair`: of a user with an item, and the user's level; `level`: that
            alone; `content`: of an item in the sample of items; `basis`: which one was
            fitted from it; `appended`: all of the memory has just been written;
            `watermark`: how far event time has come.
        user_id: Of a pair or level.
        item_id: Of a pair or a content.
        pair: None when nothing is remembered any more.
        level: None when it has drained.
        content: None when the item is not in the sample any more.
        version: Of the newest basis.
        time_ms: The watermark, event time; of `appended`, clock time.
    """

    entry: Entry
    user_id: str = ""
    item_id: str = ""
    pair: Pair | None = None
    level: Level | None = None
    time_ms: int = 0
    content: Content | None = None
    version: int = 0


DIVERSIFY_CHANGELOG = TopicSpec(
    "diversify.changelog",
    Memory,
    Key.NONE,
    DAY_MS,
    "diversify",
    "diversify",
    format=Format.JSON_PACK,
)
