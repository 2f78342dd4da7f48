"""`feedback`: how a slate was received, written by the application."""

from dataclasses import dataclass

from topics.dead_letters import InvalidRecord, Reason
from topics.events import check_value
from topics.spec import DAY_MS, Key, TopicSpec, check_id, check_time

IMPRESSION = "impression"


@dataclass(frozen=True, slots=True)
class Feedback:
    """An item of a slate was shown (`impression`), or acted on.

    Args:
        user_id: Who; the key of the record.
        slate_id: Which list, as `recommendations` named it.
        item_id: Which of its items.
        type: `impression`, or any type of `events`.
        event_time_ms: When, milliseconds UTC.
        event_id: If given, a second record with the same id is dropped.
        position: Rank at which the item was shown, from 1.
        value: As in `events`.
    """

    user_id: str
    slate_id: str
    item_id: str
    type: str
    event_time_ms: int
    event_id: str | None = None
    position: int | None = None
    value: float | None = None

    def check(self) -> None:
        """Refuse what types alone do not.

        Raises:
            InvalidRecord: with the reason.
        """
        check_id("user_id", self.user_id)
        check_id("item_id", self.item_id)
        check_id("slate_id", self.slate_id)
        check_time(self.event_time_ms)
        if self.type != IMPRESSION:
            check_value(self.type, self.value)
        if self.position is not None and not 1 <= self.position <= 100_000:
            raise InvalidRecord(
                Reason.OUT_OF_RANGE, f"`position` is {self.position}; ranks begin at 1"
            )


FEEDBACK = TopicSpec(
    "feedback",
    Feedback,
    Key.USER,
    7 * DAY_MS,
    "the application",
    "extract",
    public=True,
)
