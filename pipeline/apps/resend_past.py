"""What has happened since a record became a dead letter: it may forbid to send it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.apps.dead import DLQ, DeadLetter, is_note, read_letter
from pipeline.apps.dead_log import partitions_of, read_all
from pipeline.apps.lines import PUBLIC, NotJson, recognise
from pipeline.runtime.dead_letters import source
from pipeline.runtime.transport import Raw, Send, Transport
from topics import USERS, codec
from topics.dead_letters import HEADER_NOTE, HEADER_SIZE, InvalidRecord
from topics.spec import Key, Position

REPLAYED = "replayed before"
CUT = "cut, too large"
UNKNOWN = "says not where it came from"
SUPERSEDED = "superseded"
FORGOTTEN = "user forgotten"


def note_of(topic: str, partition: int, offsets: Sequence[int]) -> Send:
    """A note that these dead letters of a partition were sent again.

    It lies behind them in the same partition, so retention takes it after them.
    """
    headers = ((HEADER_NOTE, b"replayed"),)
    return Send(topic, partition, None, codec.write(list(offsets)), headers)


@dataclass(frozen=True, slots=True)
class _Happened:
    """What is to be known of an event, whatever else it holds."""

    event_time_ms: int | None = None


@dataclass(slots=True)
class Past:
    """What forbids to send a dead letter again.

    Args:
        replayed: Dead letters that were sent again.
        newest: Of the compacted topics, the newest record by topic and key.
        forgotten: Users, and when they were last forgotten (append time, ms).
    """

    replayed: set[Position] = field(default_factory=set)
    newest: dict[tuple[str, str], Raw] = field(default_factory=dict)
    forgotten: dict[str, int] = field(default_factory=dict)

    def forbids(self, letter: DeadLetter) -> str:
        """Why a dead letter must not be sent again; empty if it may be.

        A record of `users` or `items` replaces the one before: an old one must not
        replace a newer. What a forgotten user did before must not revive it.
        """
        if letter.at in self.replayed:
            return REPLAYED
        if any(name == HEADER_SIZE for name, _ in letter.raw.headers):
            return CUT
        if letter.came_from is None:
            return UNKNOWN
        key = key_of(letter)
        spec = PUBLIC[topic_of(letter)]
        newest = self.newest.get((spec.name, key)) if key else None
        if newest is not None and _is_newer(newest, letter):
            return SUPERSEDED
        at_ms = self.forgotten.get(key) if spec.key is Key.USER else None
        if at_ms is not None and _since_ms(letter) <= at_ms:
            return FORGOTTEN
        return ""


def topic_of(letter: DeadLetter) -> str:
    """Short name of the topic that a dead letter came from."""
    return letter.at.topic.removesuffix(DLQ)


def key_of(letter: DeadLetter) -> str:
    """User or item that a dead letter is about; empty where it does not say."""
    raw = letter.raw
    if raw.key is not None:
        return raw.key.decode(errors="replace")
    try:
        return recognise(raw.value or b"", topic_of(letter)).key or ""
    except NotJson:
        return ""


def _since_ms(letter: DeadLetter) -> int:
    """When it happened, or the record became a dead letter if it does not say."""
    append_time_ms = letter.raw.append_time_ms
    try:
        happened = codec.read_as(_Happened, letter.raw.value or b"")
    except InvalidRecord:
        return append_time_ms
    return min(append_time_ms, happened.event_time_ms or append_time_ms)


def _is_newer(newest: Raw, letter: DeadLetter) -> bool:
    """Whether a record came after the one that is now a dead letter."""
    at = source(newest)
    before = letter.came_from or letter.at
    if (at.topic, at.partition) == (before.topic, before.partition):
        return at.offset > before.offset
    return newest.append_time_ms > letter.raw.append_time_ms


def read_past(transport: Transport, topics: Sequence[str]) -> Past:
    """Read what has happened since.

    Args:
        transport: Kafka, or memory.
        topics: Dead-letter topics.

    Raises:
        NoKafka: Kafka does not answer.
    """
    past = Past()
    wanted: dict[str, set[str]] = {}
    for topic in topics:
        spec = PUBLIC[topic.removesuffix(DLQ)]
        for raw in read_all(transport, topic, range(partitions_of(transport, topic))):
            if is_note(raw):
                past.replayed |= _noted(raw)
            elif spec.compacted:
                key = key_of(read_letter(raw))
                wanted.setdefault(spec.name, set()).add(key)
    wanted.setdefault(USERS.name, set())
    for name, keys in wanted.items():
        _read_newest(transport, name, keys, past)
    return past


def _noted(raw: Raw) -> set[Position]:
    """The dead letters that a note names; of what is no note of ours, none."""
    try:
        offsets = codec.read_as(list[int], raw.value or b"")
    except InvalidRecord:
        return set()
    return {Position(raw.topic, raw.partition, offset) for offset in offsets}


def _read_newest(transport: Transport, topic: str, keys: set[str], past: Past) -> None:
    """Note the newest record of these keys, and each user that was forgotten."""
    for raw in read_all(transport, topic, range(partitions_of(transport, topic))):
        key = (raw.key or b"").decode(errors="replace")
        known = past.newest.get((topic, key))
        if key in keys and not (known and _is_older(raw, known)):
            past.newest[topic, key] = raw
        if topic == USERS.name and raw.value is None:
            past.forgotten[key] = max(past.forgotten.get(key, 0), raw.append_time_ms)


def _is_older(raw: Raw, known: Raw) -> bool:
    """Whether a record that was sent again stands behind one that came after it."""
    one, other = source(raw), source(known)
    same = (one.topic, one.partition) == (other.topic, other.partition)
    return same and one.offset < other.offset
