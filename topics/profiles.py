"""`profiles`: the portrait of each user; extract's own changelog, read by publish."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from topics.spec import Key, Position, TopicSpec
from topics.users import Attribute

Cause = Literal["forgotten", "interaction", "dismissal", "attributes", "impression"]
CAUSES: tuple[Cause, ...] = (
    "forgotten",
    "interaction",
    "dismissal",
    "attributes",
    "impression",
)
"""From the strongest to the weakest; the weakest never causes a list."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """All that Kairec knows of a user, as of the newest event.

    Args:
        user_id: Who; the key of the record.
        source: The application's record that changed it last.
        cause: The strongest reason for the change in its transaction.
        event_time_ms: Of the newest event, milliseconds UTC.
        first_seen_ms: Event time of the first event; 0 before any.
        attributes: As the application gave them.
        recent_items: Items of the last interactions, the newest last.
        recent_types: Their types.
        recent_times_ms: Their event times.
        recent_weights: Their weights, negative for what spoke against the item.
        categories: Interest by category, decayed to `event_time_ms`.
        tags: Interest by tag, decayed to `event_time_ms`.
        counts: Events by type.
        history: Interactions in all.
        had: Base64 of 4-byte hashes (murmur2, little-endian) of the newest 1,000
            distinct items that the user acted on, the newest last.
        event_ids: 64-bit hashes of the last 64 event ids, the newest last.
        forgotten_at_ms: When the user was forgotten, as long as events from before may
            come; nothing of what was known then is left.
    """

    user_id: str
    source: Position
    cause: Cause
    event_time_ms: int
    first_seen_ms: int = 0
    attributes: dict[str, Attribute] = field(default_factory=dict)
    recent_items: list[str] = field(default_factory=list)
    recent_types: list[str] = field(default_factory=list)
    recent_times_ms: list[int] = field(default_factory=list)
    recent_weights: list[float] = field(default_factory=list)
    categories: dict[str, float] = field(default_factory=dict)
    tags: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    history: int = 0
    had: str = ""
    event_ids: list[int] = field(default_factory=list)
    forgotten_at_ms: int | None = None

    @property
    def forgotten(self) -> bool:
        """Whether nothing is known but that; a later event begins a new portrait."""
        return self.forgotten_at_ms is not None and not (
            self.first_seen_ms or self.attributes
        )


def texts_of(attributes: Mapping[str, Attribute]) -> list[str]:
    """Attributes as features carry them, each as `name=value`; of a list, each text.

    >>> texts_of({"plan": "free", "age": 30.0, "likes": ["tea", "chess"]})
    ['plan=free', 'age=30', 'likes=tea', 'likes=chess']
    """
    texts = []
    for name, value in attributes.items():
        if isinstance(value, list):
            texts += [f"{name}={text}" for text in value]
        elif isinstance(value, str):
            texts.append(f"{name}={value}")
        else:
            texts.append(f"{name}={repr(float(value)).removesuffix('.0')}")
    return texts


PROFILES = TopicSpec("profiles", Portrait, Key.USER, None, "extract", "publish")
