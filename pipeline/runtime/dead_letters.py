"""Dead letters: how one is made, and when there are too many."""

import hashlib
from collections import Counter, deque

from pipeline.runtime.faults import TooManyDeadLetters
from pipeline.runtime.transport import Raw, Send
from topics.dead_letters import (
    DETAIL_BYTES,
    EXCERPT_BYTES,
    HEADER_DETAIL,
    HEADER_DIGEST,
    HEADER_REASON,
    HEADER_SIZE,
    HEADER_SOURCE,
    ORIGINAL_BYTES,
    InvalidRecord,
)
from topics.spec import Position


def dead_letter(raw: Raw, error: InvalidRecord) -> Send:
    """The dead letter of a record: original bytes and headers, where from, and why.

    Of a record that is too large, the first 4 KiB, its size and its sha256.
    """
    headers = [
        *(pair for pair in raw.headers if pair[0] != HEADER_SOURCE),
        (HEADER_SOURCE, str(source(raw)).encode()),
        (HEADER_REASON, error.reason.encode()),
        (HEADER_DETAIL, error.detail.encode()[:DETAIL_BYTES]),
    ]
    value = raw.value
    if value is not None and len(value) > ORIGINAL_BYTES:
        headers += [
            (HEADER_SIZE, str(len(value)).encode()),
            (HEADER_DIGEST, hashlib.sha256(value).hexdigest().encode()),
        ]
        value = value[:EXCERPT_BYTES]
    return Send(f"{raw.topic}.dlq", raw.partition, raw.key, value, tuple(headers))


def source(raw: Raw) -> Position:
    """Where a record stands; of a forwarded one, where it stood first."""
    for name, value in raw.headers:
        if name == HEADER_SOURCE:
            try:
                return Position.parse(value.decode())
            except ValueError:
                break
    return Position(raw.topic, raw.partition, raw.offset)


class DeadLetterLimit:
    """Stops the worker when too much is bad: a bad deploy must not drain a topic.

    Args:
        run: So many bad records in a row are too many.
        ratio: So large a share of the last `window` records is too large.
        window: Records over which the share is taken.
    """

    def __init__(self, run: int, ratio: float, window: int) -> None:
        self._run = run
        self._ratio = ratio
        self._in_a_row = 0
        self._last: deque[tuple[int, int]] = deque()
        self._window = window
        self._good = 0
        self._bad = 0

    def note(self, good: int, letters: list[Send]) -> None:
        """Count records of a poll.

        Args:
            good: How many are not bad.
            letters: Of those that are.

        Raises:
            TooManyDeadLetters: before they are committed.
        """
        bad = len(letters)
        self._in_a_row = self._in_a_row + bad if good == 0 else 0
        self._last.append((good, bad))
        self._good += good
        self._bad += bad
        while self._good + self._bad > self._window and len(self._last) > 1:
            old_good, old_bad = self._last.popleft()
            self._good -= old_good
            self._bad -= old_bad
        total = self._good + self._bad
        share = self._bad / total if total else 0.0
        if self._in_a_row >= self._run or (
            total >= self._window // 2 and share > self._ratio
        ):
            raise TooManyDeadLetters(
                f"{self._bad} of the last {total} records are bad ({_told(letters)}): "
                "nothing more is read until it is mended; look at one with `kairec dlq "
                "show`, then restart, or raise dead_letter_ratio and dead_letter_run"
            )


def _told(letters: list[Send]) -> str:
    """Mostly why, and where the last one stands."""
    if not letters:
        return "those before this poll"
    headers = [dict(letter.headers) for letter in letters]
    [(worst, _)] = Counter(each[HEADER_REASON] for each in headers).most_common(1)
    at = Position.parse(headers[-1][HEADER_SOURCE].decode())
    return (
        f"mostly {worst.decode()}; the last is {at.topic} partition {at.partition} "
        f"offset {at.offset}"
    )
