"""Which dead letters are to be sent again."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.apps.dead import TOPICS, DeadLetter
from pipeline.apps.errors import AppError
from topics.spec import Position


@dataclass(frozen=True, slots=True)
class Choice:
    """Which dead letters are meant.

    Args:
        topics: Dead-letter topics.
        reason: Only of this reason; empty for any.
        spans: First offset and the one after the last, by topic and partition; empty
            for all there are.
        since_ms: Dead letters appended at or after this, milliseconds UTC.
        until_ms: And before this.
        limit: At most so many; None for all.
    """

    topics: Sequence[str]
    reason: str = ""
    spans: Mapping[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    since_ms: int = 0
    until_ms: int | None = None
    limit: int | None = None

    def __contains__(self, letter: DeadLetter) -> bool:
        at, time_ms = letter.at, letter.raw.append_time_ms
        if self.reason and letter.reason != self.reason:
            return False
        if time_ms < self.since_ms:
            return False
        if self.until_ms is not None and time_ms >= self.until_ms:
            return False
        if not self.spans:
            return True
        first, end = self.spans.get((at.topic, at.partition), (0, 0))
        return first <= at.offset < end


def spans_of(
    first: Sequence[str], last: Sequence[str]
) -> dict[tuple[str, int], tuple[int, int]]:
    """Offsets of dead letters, from the first to the last of each partition.

    Raises:
        AppError: a text is no place of a dead letter.

    >>> spans_of(["events.dlq-0-3"], ["events.dlq-0-5"])
    {('events.dlq', 0): (3, 6)}
    """
    spans: dict[tuple[str, int], tuple[int, int]] = {}
    for text in first:
        at = _place(text)
        spans[at.topic, at.partition] = at.offset, sys.maxsize
    for text in last:
        at = _place(text)
        begin, _ = spans.get((at.topic, at.partition), (0, 0))
        spans[at.topic, at.partition] = begin, at.offset + 1
    return spans


def _place(text: str) -> Position:
    try:
        at = Position.parse(text)
    except ValueError:
        at = Position("", 0, 0)
    if at.topic not in TOPICS:
        raise AppError(
            f"{text} is no place of a dead letter: TOPIC-PARTITION-OFFSET, as "
            "`kairec dlq list` says"
        )
    return at
