"""Which interaction answers which impression of its item.

One about a slate answers the impression of that slate if at most a window lies between
them, in either order: the clocks of two devices may disagree. One outside of any slate
answers every impression of the item in the window before it.
"""

from collections.abc import Iterable
from typing import Protocol, TypeVar

IMPRESSION = "impression"


class Act(Protocol):
    """What a user did with an item; an impression that was acted on has no sign."""

    @property
    def type(self) -> str:
        """The type of the event."""

    @property
    def slate_id(self) -> str | None:
        """The list it was about, None for an event outside of any."""

    @property
    def event_time_ms(self) -> int:
        """When."""

    @property
    def sign(self) -> int:
        """1 in favour, -1 against, 0 for an impression."""


A = TypeVar("A", bound=Act)


def answers(act: Act, slate_id: str, shown_ms: int, window_ms: int) -> bool:
    """Whether an act answers an impression of its item.

    >>> from types import SimpleNamespace as Click
    >>> click = Click(slate_id=None, event_time_ms=500, sign=1)
    >>> answers(click, "s1", shown_ms=400, window_ms=100)
    True
    """
    after_ms = act.event_time_ms - shown_ms
    if act.slate_id is None:
        return 0 <= after_ms <= window_ms
    return act.slate_id == slate_id and abs(after_ms) <= window_ms


def first_answer(
    acts: Iterable[A], slate_id: str, shown_ms: int, window_ms: int
) -> A | None:
    """The earliest act, by event time, that answers an impression; None if none."""
    found = [act for act in acts if answers(act, slate_id, shown_ms, window_ms)]
    return min(found, key=lambda act: (act.event_time_ms, -act.sign), default=None)
