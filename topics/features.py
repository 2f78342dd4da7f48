"""`features`: each event with what was known at that moment; extract -> diversify."""

from dataclasses import dataclass, field
from typing import Literal

from topics.events import Scalar
from topics.spec import DAY_MS, Format, Key, Position, TopicSpec

Kind = Literal["interaction", "impression", "tick", "forget"]


@dataclass(frozen=True, slots=True)
class Feature:
    """One unit: an event, its item's content and its user's state just before it.

    Args:
        kind: `interaction`, `impression`, `tick` (event time moves on, nothing else)
            or `forget` (the user's waiting impressions are to be dropped).
        source: The application's record that it comes from.
        event_time_ms: When it happened, milliseconds UTC.
        append_time_ms: When the application's record reached Kafka.
        user_id: Empty in a tick.
        item_id: Empty in a tick and a forget.
        type: The type of the event.
        weight: What the type counts for; negative when it speaks against the item.
        value: As in the event.
        slate_id: Of feedback, the list it is about.
        position: Of feedback, the rank at which the item was shown.
        surface: As in the event.
        context: As in the event.
        categories: Of the item, as the catalogue has them.
        tags: Of the item.
        attributes: Of the user, each as `name=value`.
        recent_items: The user's last items before this event, the newest last.
        recent_times_ms: Their event times.
        history: How many interactions the user had before.
        repeat: The user had this item already.
        duplicate: The event id was seen already; the portrait was left alone.
        had: As in the user's portrait, before this event; of an interaction in favour
            of an item that the user did not have.
    """

    kind: Kind
    source: Position
    event_time_ms: int
    append_time_ms: int = 0
    user_id: str = ""
    item_id: str = ""
    type: str = ""
    weight: float = 0.0
    value: float | None = None
    slate_id: str | None = None
    position: int | None = None
    surface: str | None = None
    context: dict[str, Scalar] = field(default_factory=dict)
    categories: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    recent_items: list[str] = field(default_factory=list)
    recent_times_ms: list[int] = field(default_factory=list)
    history: int = 0
    repeat: bool = False
    duplicate: bool = False
    had: str = ""


FEATURES = TopicSpec(
    "features",
    Feature,
    Key.USER,
    DAY_MS,
    "extract",
    "diversify",
    format=Format.JSON_PACK,
)
