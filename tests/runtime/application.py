"""A day of an application in small: its catalogue, its users, and what they do."""

from dataclasses import dataclass
from random import Random
from typing import Any

from pipeline.runtime.transport import Send
from topics import codec
from topics.events import Event
from topics.feedback import Feedback
from topics.items import Item
from topics.partitioning import partition_of
from topics.users import User

PARTITIONS = 4
BEGIN_MS = 1_700_000_000_000
STEP_MS = 4_000
USERS = tuple(f"u{n}" for n in range(9))
ITEMS = tuple(f"i{n}" for n in range(24))
TYPES = ("click", "click", "view", "like", "purchase", "skip", "dislike")


@dataclass(frozen=True, slots=True)
class At:
    """A record, and when it reaches Kafka."""

    time_ms: int
    record: Send


def sent(topic: str, key: str, unit: Any, time_ms: int = BEGIN_MS) -> At:
    """A record as the application sends it; a unit of None is a tombstone."""
    value = None if unit is None else codec.write(unit)
    return At(time_ms, Send(topic, partition_of(key, PARTITIONS), key.encode(), value))


def event(user_id: str, item_id: str, time_ms: int = BEGIN_MS, **fields: Any) -> At:
    """A user clicked on an item."""
    unit = Event(user_id, item_id, fields.pop("type", "click"), time_ms, **fields)
    return sent("events", user_id, unit, time_ms)


def catalogue() -> list[At]:
    """All items."""
    return [
        sent("items", i, Item(i, i, [f"c{n % 5}"], [f"t{n % 7}", f"t{n % 3}"]))
        for n, i in enumerate(ITEMS)
    ]


def day(seed: int, count: int) -> list[At]:
    """The catalogue, then `count` records of all other kinds, four seconds apart.

    Among them are repeated event ids, impressions with and without an answer, changed
    attributes, an item that is gone and a user who is to be forgotten.
    """
    random = Random(seed)
    found = catalogue()
    for n in range(count):
        now_ms = BEGIN_MS + (n + 1) * STEP_MS
        user, item = random.choice(USERS), random.choice(ITEMS)
        kind = random.random()
        if kind < 0.6:
            type_ = random.choice(TYPES)
            twice = f"e{random.randrange(10)}" if random.random() < 0.1 else f"n{n}"
            found.append(event(user, item, now_ms, type=type_, event_id=twice))
        elif kind < 0.9:
            type_ = random.choice(("impression", "impression", "click"))
            slate = f"s{n // 12}"
            unit = Feedback(user, slate, item, type_, now_ms, position=1 + n % 9)
            found.append(sent("feedback", user, unit, now_ms))
        elif kind < 0.97:
            likes = {"plan": random.choice(("free", "paid")), "age": float(n % 60)}
            found.append(sent("users", user, User(user, dict(likes)), now_ms))
        elif kind < 0.99:
            found.append(sent("items", item, None, now_ms))
        else:
            found.append(sent("users", user, None, now_ms))
    return found
