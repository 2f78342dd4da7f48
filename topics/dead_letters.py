"""Why a record is a dead letter, and the headers that tell its story.

A dead letter keeps the original bytes as its value and key; everything that we have
to say about it stands in headers, so that it can be replayed as it came.
"""

from enum import StrEnum


class Reason(StrEnum):
    """The closed list of reasons."""

    EMPTY = "empty"
    NOT_UTF8 = "not_utf8"
    MALFORMED = "malformed"
    TOO_DEEP = "too_deep"
    NOT_FINITE = "not_finite"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_TYPE = "unknown_type"
    KEY_MISMATCH = "key_mismatch"
    RESERVED_ID = "reserved_id"
    SCHEMA_UNKNOWN = "schema_unknown"
    TIME_IN_FUTURE = "time_in_future"
    TOO_LARGE = "too_large"
    FAILED = "failed"


HEADER_VERSION = "v"
HEADER_REASON = "kairec.reason"
HEADER_DETAIL = "kairec.detail"
HEADER_SOURCE = "kairec.source"
HEADER_DIGEST = "kairec.sha256"
HEADER_SIZE = "kairec.size"
HEADER_REPLAYED = "kairec.replayed"
"""On a record that was sent again: where its dead letter stands."""
HEADER_NOTE = "kairec.note"
"""On a record of a dead-letter topic that is no dead letter, but tells of some: its
value names the offsets of those of its partition that were sent again."""

DETAIL_BYTES = 1024
ORIGINAL_BYTES = 1 << 20
EXCERPT_BYTES = 4096


class InvalidRecord(Exception):
    """A record that cannot be used; the runtime makes it a dead letter and goes on.

    Args:
        reason: Which of the closed list.
        detail: What exactly is wrong, for a person; cut at 1 KiB when written.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
