"""Looking at dead letters."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.apps.errors import AppError
from pipeline.apps.lines import PUBLIC
from pipeline.runtime.kafka.tail import Reader
from pipeline.runtime.transport import Raw
from topics.dead_letters import (
    HEADER_DETAIL,
    HEADER_NOTE,
    HEADER_REASON,
    HEADER_SOURCE,
)
from topics.spec import Position

DLQ = ".dlq"
TOPICS = [f"{name}{DLQ}" for name in PUBLIC]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter as its headers tell.

    Args:
        at: Where it stands itself.
        source: Where the original stands or stood.
        reason: Of the closed list.
        detail: What exactly is wrong.
        raw: The record.
    """

    at: Position
    source: str
    reason: str
    detail: str
    raw: Raw

    @property
    def came_from(self) -> Position | None:
        """The original's place; None if the headers do not say."""
        try:
            return Position.parse(self.source)
        except ValueError:
            return None


def read_letter(raw: Raw) -> DeadLetter:
    """Take a dead letter apart; of headers with one name ours are the last."""
    headers = {name: value.decode(errors="replace") for name, value in raw.headers}
    return DeadLetter(
        Position(raw.topic, raw.partition, raw.offset),
        headers.get(HEADER_SOURCE, ""),
        headers.get(HEADER_REASON, ""),
        headers.get(HEADER_DETAIL, ""),
        raw,
    )


def is_note(raw: Raw) -> bool:
    """Whether a record of a dead-letter topic is a note of ours, and no dead letter."""
    names = {name for name, _ in raw.headers}
    return HEADER_NOTE in names and HEADER_REASON not in names


def letters(reader: Reader, topics: list[str]) -> Iterator[DeadLetter]:
    """All there are, in no order over partitions."""
    for topic in topics:
        records = reader.read(reader.bounds(topic))
        yield from (read_letter(raw) for raw in records if not is_note(raw))


def newest(
    found: Iterator[DeadLetter], limit: int, wanted: Callable[[DeadLetter], bool]
) -> list[DeadLetter]:
    """The last ones of those wanted, the newest last; memory is bounded."""
    by_partition: dict[tuple[str, int], deque[DeadLetter]] = {}
    for letter in filter(wanted, found):
        at = letter.at.topic, letter.at.partition
        by_partition.setdefault(at, deque(maxlen=limit)).append(letter)
    kept = [letter for last in by_partition.values() for letter in last]
    kept.sort(key=lambda letter: letter.raw.append_time_ms)
    return kept[-limit:]


def find_letter(reader: Reader, text: str) -> DeadLetter:
    """The dead letter at a position, or that whose original stood there.

    Args:
        reader: Of the dead-letter topics.
        text: `events.dlq-3-17`, or of the original `events-3-17`.

    Raises:
        AppError: there is none.
    """
    try:
        position = Position.parse(text)
    except ValueError:
        position = Position("", 0, 0)
    topic = position.topic.removesuffix(DLQ) + DLQ
    if topic not in TOPICS:
        raise AppError(
            f"{text} is no position: TOPIC-PARTITION-OFFSET, as `kairec dlq list` says"
        )
    bounds = reader.bounds(topic)
    at = topic, position.partition
    if at in bounds:
        own = topic == position.topic
        first, end = bounds[at]
        if own:
            first, end = max(first, position.offset), min(end, position.offset + 1)
        for raw in reader.read({at: (first, end)}):
            letter = read_letter(raw)
            if not is_note(raw) and (letter.at == position or letter.source == text):
                return letter
    raise AppError(f"no dead letter {text}: `kairec dlq list` says which there are")
