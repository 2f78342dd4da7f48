"""Records with what a test does not care about filled in."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from pipeline.stage import In
from pipeline.stages.update.rows import RowsConfig, UpdateRows
from topics.events import Event
from topics.examples import Example, Label
from topics.features import Feature, Kind
from topics.feedback import Feedback
from topics.items import Item
from topics.partitioning import murmur2
from topics.profiles import Cause, Portrait
from topics.spec import Position
from topics.users import Attribute, User

NOW_MS = 1_700_000_000_000


def hash_of(item_id: str) -> int:
    """The 4-byte hash by which a portrait names an item."""
    return murmur2(item_id.encode())


def example(
    item_id: str,
    recent: Sequence[str] = (),
    *,
    label: Label = 1,
    user_id: str = "u",
    at_ms: int = NOW_MS,
) -> Example:
    """A user acted on an item after those in `recent`."""
    return Example(
        source=Position("events", 0, 0),
        origin="interaction",
        item_id=item_id,
        user_id=user_id,
        label=label,
        weight=1.0,
        type="click",
        event_time_ms=at_ms,
        recent_items=list(recent),
        recent_times_ms=[at_ms] * len(recent),
        history=len(recent),
    )


def portrait(
    user_id: str = "u",
    liked: Sequence[str] = (),
    disliked: Sequence[str] = (),
    *,
    cause: Cause = "interaction",
    offset: int = 0,
) -> Portrait:
    """A user who liked some items, then disliked others."""
    recent = [*liked, *disliked]
    had = b"".join(hash_of(item).to_bytes(4, "little") for item in recent)
    return Portrait(
        user_id=user_id,
        source=Position("events", 0, offset),
        cause=cause,
        event_time_ms=NOW_MS + offset,
        first_seen_ms=NOW_MS,
        recent_items=recent,
        recent_types=["like"] * len(liked) + ["dislike"] * len(disliked),
        recent_times_ms=[NOW_MS] * len(recent),
        recent_weights=[1.0] * len(liked) + [-1.0] * len(disliked),
        history=len(recent),
        had=b64encode(had).decode(),
    )


def profile(unit: Portrait | None, user_id: str = "u", offset: int = 0) -> In:
    """A record of `profiles`."""
    key = unit.user_id if unit else user_id
    return In("profiles", key, unit, Position("profiles", 0, offset), NOW_MS)


def learnt(items: Iterable[Item], examples: Iterable[Example]) -> UpdateRows:
    """A row task that has seen a catalogue and learnt from examples."""
    task = UpdateRows(0, RowsConfig())
    batch = [
        In("items", i.item_id, i, Position("items", 0, n), NOW_MS)
        for n, i in enumerate(items)
    ]
    batch += [
        In("examples", e.item_id, e, Position("examples", 0, n), NOW_MS)
        for n, e in enumerate(examples)
    ]
    task.on_batch(batch, NOW_MS)
    return task


def feature(kind: Kind = "interaction", at_ms: int = NOW_MS, **fields: Any) -> Feature:
    """A user clicked on an item, outside of any slate; or whatever `fields` say."""
    source = Position("events", 0, 0)
    click = Feature(kind, source, at_ms, at_ms, "u", "i", "click", 1.0)
    return replace(click, **fields)


def event(
    item_id: str = "i",
    type_: str = "click",
    *,
    user_id: str = "u",
    at_ms: int = NOW_MS,
    event_id: str | None = None,
    value: float | None = None,
) -> Event:
    """A user clicked on an item, at `NOW_MS`."""
    return Event(user_id, item_id, type_, at_ms, event_id=event_id, value=value)


def feedback(
    item_id: str = "i",
    type_: str = "impression",
    *,
    user_id: str = "u",
    at_ms: int = NOW_MS,
    event_id: str | None = None,
) -> Feedback:
    """An item was shown to a user, first in slate `s`, at `NOW_MS`."""
    return Feedback(user_id, "s", item_id, type_, at_ms, event_id, position=1)


def user(user_id: str = "u", **attributes: Attribute) -> User:
    """A user with attributes."""
    return User(user_id, attributes)


def as_in(
    record: Event | Feedback | User | None,
    offset: int = 0,
    *,
    append_ms: int | None = None,
    user_id: str = "u",
) -> In:
    """A record of the application as extract gets it, appended when it happened.

    Args:
        record: None forgets `user_id`.
        offset: Where it stands in partition 0 of its topic.
        append_ms: If not when it happened.
        user_id: Whom a record that is None is about.
    """
    topic = {Event: "events", Feedback: "feedback"}.get(type(record), "users")
    if append_ms is None:
        append_ms = getattr(record, "event_time_ms", None) or NOW_MS
    key = record.user_id if record else user_id
    return In(topic, key, record, Position(topic, 0, offset), append_ms)
