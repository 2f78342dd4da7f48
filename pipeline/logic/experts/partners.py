"""The partners of one item, and how much each counts."""

from sys import intern
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.expert import Section

CHANNELS = ("cov", "next", "fast", "time", "wide")
PARTNER_BYTES = 3 + 4 * len(CHANNELS)
"""What a partner takes in a row beside its id."""


class Partners(NamedTuple):
    """A row of co-visitation; everything in it is of the later item.

    It never changes in place.

    Attributes:
        events: Interactions counted.
        at_ms: When fast counts are worth what they say.
        ids: Of the partners, interned: an item is a partner in many rows.
        counts: Of the partners, float32 (channels, n), as bytes.
        size: Bytes that the partners take in a row.
    """

    events: float
    at_ms: int
    ids: list[str]
    counts: bytes
    size: int

    def section(self) -> Section:
        """As it stands in a row: `fast` is what it was at `at_ms`."""
        raw, each = self.counts, 4 * len(self.ids)
        return {
            "events": self.events,
            "at_ms": self.at_ms,
            "ids": self.ids,
            "cov": raw[:each],
            "next": raw[each : 2 * each],
            "fast": raw[2 * each : 3 * each],
            "time": raw[3 * each : 4 * each],
            "wide": raw[4 * each :],
        }


NOTHING = Partners(events=0.0, at_ms=0, ids=[], counts=b"", size=0)


def partners_of(section: Section) -> Partners:
    """Take partners back from their section."""
    ids = list(map(intern, section.get("ids", ())))
    return Partners(
        section.get("events", 0.0),
        section.get("at_ms", 0),
        ids,
        _counts_of(section),
        PARTNER_BYTES * len(ids) + len("".join(ids).encode()),
    )


def counts_of(section: Section) -> NDArray[np.float32]:
    """Counts of the partners in a section, float32 (channels, n)."""
    number = len(section.get("ids", ()))
    return np.frombuffer(_counts_of(section), np.float32).reshape(len(CHANNELS), number)


def _counts_of(section: Section) -> bytes:
    number = len(section.get("ids", ()))
    # A channel that a row does not have yet counts nothing.
    return b"".join([section.get(name) or bytes(4 * number) for name in CHANNELS])
