"""`users`: what the application knows of a user; a null value forgets the user."""

from dataclasses import dataclass, field
from math import isfinite

from topics.dead_letters import InvalidRecord, Reason
from topics.spec import Key, TopicSpec, check_id, check_time

Attribute = str | float | list[str]
ATTRIBUTES = 64


@dataclass(frozen=True, slots=True)
class User:
    """A user's attributes, all of them: a new record replaces the last.

    Args:
        user_id: Who; the key of the record.
        attributes: At most 64 names with a text, a number or a list of texts.
        event_time_ms: When this became so, milliseconds UTC.
    """

    user_id: str
    attributes: dict[str, Attribute] = field(default_factory=dict)
    event_time_ms: int | None = None

    def check(self) -> None:
        """Refuse what types alone do not.

        Raises:
            InvalidRecord: with the reason.
        """
        check_id("user_id", self.user_id)
        if self.event_time_ms is not None:
            check_time(self.event_time_ms)
        check_attributes(self.attributes)


def check_attributes(attributes: dict[str, Attribute]) -> None:
    """Refuse too many attributes, too long ones, and numbers that are not finite.

    Raises:
        InvalidRecord: `out_of_range` or `not_finite`.
    """
    if len(attributes) > ATTRIBUTES:
        raise InvalidRecord(
            Reason.OUT_OF_RANGE, f"{len(attributes)} attributes; {ATTRIBUTES} is most"
        )
    for name, value in attributes.items():
        if isinstance(value, float) and not isfinite(value):
            raise InvalidRecord(Reason.NOT_FINITE, f"attribute `{name[:80]}`: {value}")
        texts = value if isinstance(value, list) else [str(value)]
        if len(texts) > ATTRIBUTES or any(len(t) > 256 for t in [name, *texts]):
            raise InvalidRecord(
                Reason.OUT_OF_RANGE,
                f"attribute `{name[:80]}` is too long: {ATTRIBUTES} texts of 256 "
                "characters is most",
            )


USERS = TopicSpec(
    "users", User, Key.USER, None, "the application", "extract", public=True
)
