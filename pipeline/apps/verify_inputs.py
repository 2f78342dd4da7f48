"""What the application sent, what of it is dead, and what was sent again.

A letter that was sent again tells no longer of its record: the one that was sent again
must itself have had its effect, which then stands where that one stands.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from pipeline.apps import verify_log as log
from pipeline.apps.verify_log import INPUTS, Place, ReadTopic
from pipeline.runtime.kafka.whole import Seen
from topics.dead_letters import HEADER_REPLAYED


@dataclass(slots=True)
class Sent:
    """The application's records: those in the topics, and what is known of them.

    Args:
        units: How often each stands there, by topic.
        forwarded: Records of ours by topic: on their way to their partition, or again.
        crcs: CRC-32 of each value.
        events: User and event time, whatever stands there.
        again: Append time and place of what was sent again last, by where it stood
            first.
    """

    units: dict[str, Counter[Place]] = field(default_factory=dict)
    forwarded: Counter[str] = field(default_factory=Counter)
    crcs: dict[Place, int] = field(default_factory=dict)
    events: dict[Place, tuple[Any, Any]] = field(default_factory=dict)
    again: dict[Place, tuple[int, Place]] = field(default_factory=dict)


def read_inputs(read: ReadTopic) -> Sent:
    """Read what stands in the application's topics."""
    sent = Sent()
    for topic in INPUTS:
        units = sent.units[topic] = Counter()
        for record in read(topic):
            place = log.place_of(record)
            if log.is_forwarded(record):
                sent.forwarded[topic] += 1
                _note_again(sent, record)
                continue
            units[place] += 1
            sent.crcs[place] = crc32(record.value or b"")
            event = log.event_of(record.value)
            sent.events[place] = event.get("user_id"), event.get("event_time_ms")
    return sent


def _note_again(sent: Sent, record: Seen) -> None:
    if HEADER_REPLAYED in record.headers:
        first = log.place_of(record)
        stands = record.append_time_ms, log.own_place_of(record)
        sent.again[first] = max(stands, sent.again.get(first, stands))


@dataclass(slots=True)
class Letters:
    """Dead letters, without the notes that lie among them.

    Args:
        units: How often each stands there, by dead-letter topic: by where its record
            stood first, and by the letter that this one was sent again from.
        dead: Where records stood first of which a letter tells.
        replayed: Where records stood first whose letter was sent again.
        resent: How many letters were sent again.
    """

    units: dict[str, Counter[tuple[Place, bytes]]] = field(default_factory=dict)
    dead: set[Place] = field(default_factory=set)
    replayed: set[Place] = field(default_factory=set)
    resent: int = 0

    @property
    def left(self) -> int:
        """How many were not sent again."""
        return sum(units.total() for units in self.units.values()) - self.resent


def read_letters(read: ReadTopic) -> Letters:
    """Read the dead letters of the application's topics, and the notes about them."""
    found = Letters()
    for topic in INPUTS:
        units = found.units[f"{topic}.dlq"] = Counter()
        records = list(read(f"{topic}.dlq"))
        noted = _noted(records)
        for letter in records:
            if log.is_note(letter):
                continue
            first = log.place_of(letter)
            units[first, letter.headers.get(HEADER_REPLAYED, b"")] += 1
            if log.own_place_of(letter) in noted:
                found.replayed.add(first)
                found.resent += 1
            else:
                found.dead.add(first)
    return found


def _noted(records: Iterable[Seen]) -> set[Place]:
    """Where the letters stand that notes say were sent again."""
    return {
        (record.topic, record.partition, offset)
        for record in records
        if log.is_note(record)
        for offset in log.offsets_of(record.value)
    }
