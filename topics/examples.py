"""`examples`: labelled events by item; diversify -> update's row tasks."""

from dataclasses import dataclass, field
from typing import Literal

from topics.spec import DAY_MS, Format, Key, Position, TopicSpec

Label = Literal[0, 1]
Origin = Literal["interaction", "impression"]


@dataclass(frozen=True, slots=True)
class Example:
    """One unit: features with a label and a weight, ready to learn from.

    Args:
        source: The application's record that it comes from.
        origin: An interaction, or an impression whose window has closed.
        item_id: The item; the key of the unit.
        user_id: Who.
        label: 1 acted on in favour; 0 shown and not acted on, or acted on against.
        weight: How much it counts, above 0.
        type: The event's type.
        event_time_ms: When it happened, milliseconds UTC.
        append_time_ms: When the application's record reached Kafka.
        position: Of an impression, the rank at which the item was shown.
        attributes: Of the user, each as `name=value`.
        categories: Of the item.
        tags: Of the item.
        recent_items: The user's last items before this event, the newest last.
        recent_times_ms: Their event times.
        history: How many interactions the user had before.
        repeat: The user had this item already.
    """

    source: Position
    origin: Origin
    item_id: str
    user_id: str
    label: Label
    weight: float
    type: str
    event_time_ms: int
    append_time_ms: int = 0
    position: int | None = None
    attributes: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    recent_items: list[str] = field(default_factory=list)
    recent_times_ms: list[int] = field(default_factory=list)
    history: int = 0
    repeat: bool = False


EXAMPLES = TopicSpec(
    "examples",
    Example,
    Key.ITEM,
    DAY_MS,
    "diversify",
    "update's row tasks",
    format=Format.JSON_PACK,
)
