"""An event and what was known just before it -> a feature."""

from base64 import b64encode

from pipeline.logic.portrait import Portrait
from pipeline.stage import In
from pipeline.stages.extract.hashes import item_hash
from pipeline.stages.extract.items import Content
from topics.events import Event
from topics.features import Feature
from topics.feedback import IMPRESSION, Feedback

NOBODY = Portrait(("", 0, 0))
"""The portrait of a user of whom nothing is known; never changed."""


def feature_of(
    unit: In,
    weight: float,
    content: Content,
    portrait: Portrait,
    duplicate: bool,
    recent_items: int,
) -> Feature:
    """Make the feature of an event.

    Args:
        unit: An event, or feedback.
        weight: What it counts for.
        content: Of its item.
        portrait: Of its user, before the event.
        duplicate: Whether its event id was seen before.
        recent_items: How many of the user's last items it carries.
    """
    event: Event | Feedback = unit.unit
    items, times_ms = portrait.recents.liked_before(event.event_time_ms, recent_items)
    shown = event if isinstance(event, Feedback) else None
    happened = event if isinstance(event, Event) else None
    interaction = shown is None or event.type != IMPRESSION
    repeat = portrait.has_had(item_hash(event.item_id))
    new = interaction and weight > 0 and not repeat
    return Feature(
        kind="interaction" if interaction else "impression",
        source=unit.source,
        event_time_ms=event.event_time_ms,
        append_time_ms=unit.append_time_ms,
        user_id=event.user_id,
        item_id=event.item_id,
        type=event.type,
        weight=weight,
        value=event.value,
        slate_id=shown.slate_id if shown else None,
        position=shown.position if shown else None,
        surface=happened.surface if happened else None,
        context=happened.context if happened else {},
        categories=list(content.categories),
        tags=list(content.tags),
        attributes=list(portrait.texts),
        recent_items=items,
        recent_times_ms=times_ms,
        history=portrait.history,
        repeat=repeat,
        duplicate=duplicate,
        had=b64encode(portrait.had).decode() if new else "",
    )


def forget_feature(unit: In, event_time_ms: int) -> Feature:
    """Say that a user is to be forgotten.

    Args:
        unit: A tombstone of `users`.
        event_time_ms: Of the user's newest event, 0 if there was none: forgetting
            moves event time nowhere. When it was said is the append time.
    """
    return Feature("forget", unit.source, event_time_ms, unit.append_time_ms, unit.key)
