"""`recommendations`: the newest list of each user, read by the application."""

from dataclasses import dataclass, field

from topics.spec import Key, Position, TopicSpec

DEFAULT_USER = "~default"
"""Key of the list for users who have none of their own yet."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item is in the list: an expert, its share, the item behind it."""

    expert: str
    share: float
    because: str | None = None


@dataclass(slots=True)
class Recommended:
    """One item of a list; nothing changes it.

    It is not frozen: twenty are made a list, and that would take eight times as long.

    Args:
        item_id: Which.
        rank: From 1.
        score: Higher is better; comparable within a list only.
        propensity: Probability that this item stands at this rank under the policy.
        reasons: The strongest first; shares of all experts add up to 1.
    """

    item_id: str
    rank: int
    score: float
    propensity: float
    reasons: list[Reason] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Slate:
    """The ordered list recommended to one user at one moment.

    Args:
        slate_id: Names the list in feedback; the same after any retry.
        user_id: Whom; the key of the record, or `~default`.
        items: The list.
        model_name: Which model.
        model_version: How far that model had learnt.
        event_time_ms: Of the event that it reflects, milliseconds UTC.
        published_time_ms: When it was made, the worker's clock.
        source: The application's record that it reflects.
        surface: As asked.
        request_id: As asked.
    """

    slate_id: str
    user_id: str
    items: list[Recommended]
    model_name: str
    model_version: int
    event_time_ms: int
    published_time_ms: int
    source: Position
    surface: str | None = None
    request_id: str | None = None


RECOMMENDATIONS = TopicSpec(
    "recommendations", Slate, Key.USER, None, "publish", "the application"
)
