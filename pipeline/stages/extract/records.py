"""Portraits as logic has them <-> as `profiles` has them; nothing is lost."""

from base64 import b64decode, b64encode
from struct import pack
from sys import intern

from pipeline.logic import portrait as logic
from pipeline.logic.amounts import Amounts
from pipeline.logic.recents import Recents
from topics import codec
from topics.profiles import PROFILES, Cause, Portrait, texts_of
from topics.spec import Position
from topics.users import Attribute


def describe(
    portrait: logic.Portrait, attributes: dict[str, Attribute], size: int
) -> None:
    """Set a user's attributes.

    Args:
        portrait: Of the user.
        attributes: All of them.
        size: Bytes of their JSON.
    """
    portrait.attributes = attributes
    portrait.texts = texts_of(attributes)
    portrait.attributes_size = size


def to_record(user_id: str, portrait: logic.Portrait, cause: Cause) -> Portrait:
    """A portrait as it is published; it shares what is not changed in place."""
    recents = portrait.recents
    return Portrait(
        user_id=user_id,
        source=Position(*portrait.source),
        cause=cause,
        event_time_ms=portrait.event_time_ms,
        first_seen_ms=portrait.first_seen_ms,
        attributes=portrait.attributes,
        recent_items=recents.items,
        recent_types=recents.types,
        recent_times_ms=recents.times_ms.tolist(),
        recent_weights=recents.weights,
        categories=portrait.categories.by_name,
        tags=portrait.tags.by_name,
        counts=portrait.counts,
        history=portrait.history,
        had=b64encode(portrait.had).decode(),
        event_ids=portrait.event_id_numbers(),
        forgotten_at_ms=portrait.forgotten_at_ms,
    )


def from_bytes(written: bytes) -> logic.Portrait:
    """A portrait as it was written, and has been read once."""
    return from_record(codec.read(PROFILES, written)[0])


def from_record(record: Portrait) -> logic.Portrait:
    """A portrait as it was published."""
    source = record.source
    portrait = logic.Portrait(
        (intern(source.topic), source.partition, source.offset),
        event_time_ms=record.event_time_ms,
        first_seen_ms=record.first_seen_ms,
        recents=Recents.of(
            record.recent_items,
            record.recent_types,
            record.recent_times_ms,
            record.recent_weights,
        ),
        categories=Amounts(record.categories),
        tags=Amounts(record.tags),
        counts={intern(name): count for name, count in record.counts.items()},
        history=record.history,
        had=b64decode(record.had),
        event_ids=pack(f"<{len(record.event_ids)}Q", *record.event_ids),
        forgotten_at_ms=record.forgotten_at_ms,
    )
    describe(portrait, record.attributes, len(codec.write(record.attributes)))
    return portrait
