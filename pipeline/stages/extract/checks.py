"""Rules beyond what a record says of itself: what breaks one is a dead letter."""

from pipeline.stages.extract.config import ExtractConfig
from topics import codec
from topics.dead_letters import InvalidRecord, Reason
from topics.events import Event
from topics.feedback import IMPRESSION, Feedback
from topics.users import Attribute


def weight_of(event: Event | Feedback, config: ExtractConfig) -> float:
    """What an event counts for; an impression counts for nothing.

    Raises:
        InvalidRecord: `unknown_type`.
    """
    if event.type == IMPRESSION and isinstance(event, Feedback):
        return 0.0
    weight = config.weight_of(event.type, event.value)
    if weight is None:
        raise InvalidRecord(
            Reason.UNKNOWN_TYPE,
            f"type {event.type[:80]!r} has no weight: see the setting event_weights",
        )
    return weight


def check_time(event_time_ms: int, append_time_ms: int, skew_ms: int) -> None:
    """Refuse a time that cannot have been when the record reached Kafka.

    Raises:
        InvalidRecord: `time_in_future`.
    """
    ahead_ms = event_time_ms - append_time_ms
    if ahead_ms > skew_ms:
        raise InvalidRecord(
            Reason.TIME_IN_FUTURE,
            f"`event_time_ms` is {ahead_ms} ms after the record reached Kafka; "
            f"{skew_ms} is most",
        )


def size_of(attributes: dict[str, Attribute], most: int) -> int:
    """Bytes of a user's attributes as JSON.

    Raises:
        InvalidRecord: `too_large`.
    """
    size = len(codec.write(attributes))
    if size > most:
        raise InvalidRecord(
            Reason.TOO_LARGE, f"attributes of {size} bytes; {most} is most"
        )
    return size
