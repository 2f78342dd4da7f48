"""The partners of one item, and how much each counts."""

from sys import intern

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots
from pipeline.logic.expert import Section
from pipeline.logic.kernels.covisitation_counts import COV, FAST, WIDE

CHANNELS = ("cov", "next", "fast", "time", "wide")
PARTNER_BYTES = 3 + 4 * len(CHANNELS)
"""What a partner takes in a row beside its id."""
STALE = 16
"""Half-lives after which fast counts are brought up to the time."""


class Partners:
    """A row of co-visitation; everything in it is of the later item.

    Args:
        section: As it stands in a row; empty for an item without partners.
    """

    __slots__ = ("_index", "at_ms", "counts", "events", "ids", "size")

    def __init__(self, section: Section) -> None:
        self.events: float = section.get("events", 0.0)
        self.at_ms: int = section.get("at_ms", 0)
        # Interned: an item is a partner in many rows.
        self.ids: list[str] = list(map(intern, section.get("ids", ())))
        self.counts = counts_of(section).copy()
        self.size = sum(map(size_of, self.ids))
        self._index: dict[str, int] | None = None

    def section(self) -> Section:
        """As it stands in a row: `fast` is what it was at `at_ms`."""
        raw, each = self.counts[:, : len(self.ids)].tobytes(), 4 * len(self.ids)
        return {
            "events": self.events,
            "at_ms": self.at_ms,
            "ids": self.ids[:],
            **{
                name: raw[channel * each : (channel + 1) * each]
                for channel, name in enumerate(CHANNELS)
            },
        }

    def copied(self) -> "Partners":
        """Another one with the same partners."""
        other = object.__new__(Partners)
        other.events, other.at_ms = self.events, self.at_ms
        other.ids, other.size = self.ids[:], self.size
        other.counts = self.counts.copy()
        other._index = None
        return other

    def index(self) -> dict[str, int]:
        """Where each partner stands; made when it is asked for."""
        if self._index is None:
            self._index = dict(zip(self.ids, range(len(self.ids)), strict=True))
        return self._index

    def forget_index(self) -> None:
        """Give the index's memory back, which is more than that of all else."""
        self._index = None

    def rise(self, time_ms: int, half_life_ms: int) -> float:
        """What a fast count of 1 made at a time was worth at `at_ms`.

        Counts are not decayed one by one; new ones are worth more instead.
        """
        if not self.ids:
            self.at_ms = time_ms
        age = (time_ms - self.at_ms) / half_life_ms
        if age > STALE:
            whole = int(age)
            # A power of 2: nothing is rounded before it is too small to matter.
            self.counts[FAST] *= np.float32(2.0 ** -min(whole, 200))
            self.at_ms += whole * half_life_ms
            age -= whole
        return float(2.0 ** max(age, -STALE * 4))

    def add(self, partners: list[str]) -> None:
        """Have partners, each once, that are new and count nothing yet."""
        first, end = len(self.ids), len(self.ids) + len(partners)
        if end > self.counts.shape[1]:
            counts = np.zeros((len(CHANNELS), end + end // 4 + 8), np.float32)
            counts[:, :first] = self.counts[:, :first]
            self.counts = counts
        ids = list(map(intern, partners))
        self.index().update(zip(ids, range(first, end), strict=True))
        self.ids += ids
        self.size += sum(map(size_of, ids))

    def keep(self, most: int, most_bytes: int) -> None:
        """If there are too many partners, let the weakest go.

        A sixteenth more than need be goes, for finding them takes time.

        Args:
            most: So many there are at most.
            most_bytes: So many bytes they take in a row at most.
        """
        if len(self.ids) <= most and self.size <= most_bytes:
            return
        most -= most // 16
        most_bytes -= most_bytes // 16
        known = self.counts[:, : len(self.ids)]
        weakest = np.argsort(known[COV] + known[WIDE], kind="stable")
        number, size = 0, self.size
        for place in weakest.tolist():
            if len(self.ids) - number <= most and size <= most_bytes:
                break
            size -= size_of(self.ids[place])
            number += 1
        self._remove(-np.sort(-weakest[:number]))

    def _remove(self, places: Slots) -> None:
        """Remove partners, the last first; the last one left moves into each place."""
        index, ids, counts = self.index(), self.ids, self.counts
        for place in places.tolist():
            gone, last = ids[place], ids.pop()
            self.size -= size_of(gone)
            if gone is not last:
                ids[place] = last
                index[last] = place
                counts[:, place] = counts[:, len(ids)]
            del index[gone]
            counts[:, len(ids)] = 0


def size_of(partner: str) -> int:
    """Bytes that a partner takes in a row."""
    return PARTNER_BYTES + (
        len(partner) if partner.isascii() else len(partner.encode())
    )


def counts_of(section: Section) -> NDArray[np.float32]:
    """Counts of the partners in a section, float32 (channels, n)."""
    number = len(section.get("ids", ()))
    # A channel that a row does not have yet counts nothing.
    written = b"".join([section.get(name) or bytes(4 * number) for name in CHANNELS])
    return np.frombuffer(written, np.float32).reshape(len(CHANNELS), number)
