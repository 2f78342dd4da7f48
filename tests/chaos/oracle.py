"""What became of each record that an application sent, read from the topics alone.

Nothing of `pipeline` is used here but names: the client library reads, the standard
library decodes. So whatever our own readers would pass over is found out.
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaConsumer, TopicPartition

PATIENCE_S = 60.0
Place = tuple[str, int, int]
"""Topic (short name), partition, offset."""


@dataclass(slots=True)
class Account:
    """What is wrong; nothing, if it equals an empty one.

    Args:
        lost: Records that were acknowledged and of which nothing tells.
        twice: What stands in a topic more often than once, by topic.
        out_of_order: Users whose features stand in another order than their records.
        unaccounted: What tells of records that nobody sent.
    """

    lost: list[Place] = field(default_factory=list)
    twice: dict[str, int] = field(default_factory=dict)
    out_of_order: set[str] = field(default_factory=set)
    unaccounted: set[Place] = field(default_factory=set)


def audit(servers: str, prefix: str, acked: Iterable[Place]) -> Account:
    """Account for every record that an application sent to `events` or `feedback`.

    Args:
        servers: Kafka.
        prefix: Of the deployment's topics.
        acked: Where Kafka said that each of them stands.
    """
    sent, account = set(acked), Account()
    letters = _letters(servers, prefix)
    told = Counter[Place](place for place, _ in letters.left)
    order: dict[tuple[str, str], list[int]] = defaultdict(list)
    for unit in _units(servers, f"{prefix}.features"):
        if unit["kind"] in ("interaction", "impression"):
            place = _place(unit["source"])
            told[place] += 1
            stands = letters.stands.get(place, place[2])
            order[unit["user_id"], place[0]].append(stands)
    account.lost = sorted(sent - told.keys())
    account.unaccounted = (told.keys() | letters.stands.keys()) - sent
    account.out_of_order = {user for (user, _), at in order.items() if at != sorted(at)}
    effects: dict[str, Counter[Any]] = {"features": told, "dead letters": letters.all}
    for topic in ("examples", "samples"):
        effects[topic] = Counter(
            (*_place(unit["source"]), unit["origin"])
            for unit in _units(servers, f"{prefix}.{topic}")
        )
    lists = plain_read(servers, f"{prefix}.recommendations")
    slates = (json.loads(r.value) for r in lists if r.value and r.key != b"~default")
    effects["recommendations"] = Counter((slate["slate_id"],) for slate in slates)
    for topic, counted in effects.items():
        if counted.total() > len(counted):
            account.twice[topic] = counted.total() - len(counted)
    return account


@dataclass(slots=True)
class _Letters:
    """Dead letters, each by where its record stood first and what it was sent from.

    Args:
        all: Those there are.
        left: Those that were not sent again.
        stands: Offset of what was sent again last, by where it stood first.
    """

    all: Counter[tuple[Place, bytes]] = field(default_factory=Counter)
    left: Counter[tuple[Place, bytes]] = field(default_factory=Counter)
    stands: dict[Place, int] = field(default_factory=dict)


def _letters(servers: str, prefix: str) -> _Letters:
    """Dead letters of both inputs; the notes among them say which were sent again."""
    found = _Letters()
    for topic in ("events", "feedback"):
        records = plain_read(servers, f"{prefix}.{topic}.dlq")
        heads = [(record, dict(record.headers)) for record in records]
        again = {
            (note.partition, offset)
            for note, head in heads
            if "kairec.note" in head and "kairec.reason" not in head
            for offset in json.loads(note.value)
        }
        for letter, head in heads:
            if "kairec.reason" in head:
                key = _place_of(head["kairec.source"]), head.get("kairec.replayed", b"")
                found.all[key] += 1
                if (letter.partition, letter.offset) not in again:
                    found.left[key] += 1
        for record in plain_read(servers, f"{prefix}.{topic}") if again else ():
            head = dict(record.headers)
            if "kairec.replayed" in head:
                found.stands[_place_of(head["kairec.source"])] = record.offset
    return found


def plain_read(servers: str, topic: str) -> list[Any]:
    """Committed records of a topic, each partition's in order; of none, none.

    It reads to where those that read uncommitted records are: a transaction is in its
    offsets before it is in all its outputs, and one without an end is found out.
    """
    consumer: Any = _consumer(servers, "read_committed")
    numbers = consumer.partitions_for_topic(topic) or ()
    partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
    found: list[Any] = []
    if partitions:
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        uncommitted: Any = _consumer(servers, "read_uncommitted")
        ends = uncommitted.end_offsets(partitions)
        uncommitted.close()
        deadline = time.monotonic() + PATIENCE_S
        while any(consumer.position(tp) < ends[tp] for tp in partitions):
            assert time.monotonic() < deadline, f"a transaction in {topic} has no end"
            found += [r for rs in consumer.poll(500).values() for r in rs]
    consumer.close()
    return found


def _consumer(servers: str, isolation: str) -> KafkaConsumer:
    return KafkaConsumer(
        bootstrap_servers=servers,
        isolation_level=isolation,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )


def _units(servers: str, topic: str) -> list[dict[str, Any]]:
    return [unit for r in plain_read(servers, topic) for unit in json.loads(r.value)]


def _place(source: dict[str, Any]) -> Place:
    return source["topic"], source["partition"], source["offset"]


def _place_of(header: bytes) -> Place:
    topic, partition, offset = header.decode().rsplit("-", 2)
    return topic, int(partition), int(offset)
