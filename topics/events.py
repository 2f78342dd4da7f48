"""`events`: what users did, written by the application."""

from dataclasses import dataclass, field
from math import isfinite

from topics.dead_letters import InvalidRecord, Reason
from topics.spec import DAY_MS, Key, TopicSpec, check_id, check_time

EVENT_TYPES = (
    "view",
    "click",
    "play",
    "like",
    "dislike",
    "share",
    "save",
    "add_to_cart",
    "purchase",
    "rating",
    "dwell",
    "skip",
)
"""The types that the default settings give a weight and a sign; others may be added."""

Scalar = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Event:
    """A user acted on an item.

    Args:
        user_id: Who; the key of the record.
        item_id: On what.
        type: What was done; one of `EVENT_TYPES` or of the settings.
        event_time_ms: When, milliseconds UTC.
        event_id: If given, a second event with the same id is dropped.
        value: A rating (0 to 5) or a dwell time (seconds).
        session_id: The visit that it belongs to.
        surface: Where in the product.
        context: Anything else about the moment.
    """

    user_id: str
    item_id: str
    type: str
    event_time_ms: int
    event_id: str | None = None
    value: float | None = None
    session_id: str | None = None
    surface: str | None = None
    context: dict[str, Scalar] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse what types alone do not.

        Raises:
            InvalidRecord: with the reason.
        """
        check_id("user_id", self.user_id)
        check_id("item_id", self.item_id)
        check_time(self.event_time_ms)
        check_value(self.type, self.value)


def check_value(event_type: str, value: float | None) -> None:
    """Refuse a value that its type does not allow.

    Raises:
        InvalidRecord: `missing_field`, `not_finite` or `out_of_range`.
    """
    if value is None:
        if event_type in {"rating", "dwell"}:
            raise InvalidRecord(Reason.MISSING_FIELD, f"a {event_type} needs `value`")
        return
    if not isfinite(value):
        raise InvalidRecord(Reason.NOT_FINITE, f"`value` is {value}")
    if event_type == "rating" and not 0 <= value <= 5:
        raise InvalidRecord(Reason.OUT_OF_RANGE, f"a rating of {value}; 0 to 5 is")
    if event_type == "dwell" and not 0 <= value <= 86_400:
        raise InvalidRecord(Reason.OUT_OF_RANGE, f"a dwell of {value} s; 0 to 86400 is")


EVENTS = TopicSpec(
    "events", Event, Key.USER, 7 * DAY_MS, "the application", "extract", public=True
)
