"""What a forgotten user leaves behind, where, and until when: a record to be kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from topics import ITEMS, MODEL, TOPICS
from topics.policy import dead_letter_settings, topic_settings
from topics.spec import DAY_MS, Position, TopicSpec

SEGMENT_MS = 7 * DAY_MS
"""Kafka's default: a segment that takes records is closed after so long, and only a
closed one can go."""

LEARNT = (
    "what the user's events have contributed to rows of the model: sums over many "
    "users, under the keys of items, that cannot be told apart"
)


@dataclass(frozen=True, slots=True)
class Removed:
    """Something that is there no more.

    Args:
        what: In words.
        by: The worker that removed it.
        at: The record that says so.
        time: When, ISO 8601, UTC.
    """

    what: str
    by: str
    at: Position
    time: str


@dataclass(frozen=True, slots=True)
class Aging:
    """Records of the user that Kafka drops by itself.

    Args:
        topic: Short name.
        what: In words.
        until: By when they are gone, ISO 8601, UTC; None where settings name no time.
    """

    topic: str
    what: str
    until: str | None


@dataclass(slots=True)
class Proof:
    """That a user was forgotten.

    Args:
        user_id: Who.
        request: The null in `users`.
        forgotten_at: When it reached Kafka, ISO 8601, UTC.
        complete: Every worker that keeps something of users has taken it.
        missing: Workers that have not.
        removed: What is there no more.
        portrait: What the topic of portraits says of the user now.
        slate: What the topic of lists says.
        ages_out: What Kafka drops by itself, and by when.
        stays: What is kept, and why.
    """

    user_id: str
    request: Position
    forgotten_at: str
    complete: bool = False
    missing: list[str] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    portrait: str = ""
    slate: str = ""
    ages_out: list[Aging] = field(default_factory=list)
    stays: str = LEARNT


def iso(time_ms: int) -> str:
    """A time in words.

    >>> iso(1_700_000_000_000)
    '2023-11-14T22:13:20+00:00'
    """
    return datetime.fromtimestamp(time_ms // 1000, UTC).isoformat()


def aging(forgotten_at_ms: int) -> Iterator[Aging]:
    """What Kafka drops by itself, and by when.

    By the settings that `kairec topics create` gives and `kairec topics check` holds.
    A record goes with its segment, so after the time that a segment stays open and the
    time that it is kept.
    """
    for spec in TOPICS:
        if spec in {ITEMS, MODEL}:
            continue  # Nothing there is under the key of a user.
        yield Aging(
            spec.name, _what(spec), _until(topic_settings(spec), forgotten_at_ms)
        )
        if spec.public:
            until = _until(dead_letter_settings(), forgotten_at_ms)
            yield Aging(f"{spec.name}.dlq", "the user's dead letters", until)


def _what(spec: TopicSpec) -> str:
    if spec.compacted:
        return "older values of the user's key, which nobody reads any more"
    return "records of the user from before"


def _until(settings: dict[str, str], forgotten_at_ms: int) -> str | None:
    """When the last segment that held something of the user is gone."""
    kept = settings.get("retention.ms") or settings.get("max.compaction.lag.ms")
    if kept is None:
        return None
    open_ms = int(settings.get("segment.ms", SEGMENT_MS))
    return iso(forgotten_at_ms + int(kept) + open_ms)
