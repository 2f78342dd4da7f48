"""The partners of one item: ids and, by channel, how much each counts."""

from array import array
from collections.abc import Iterable
from sys import intern

import numpy as np

from pipeline.logic.expert import Section

COST = 15
"""Bytes that a partner takes in a row besides its id: three counts and a length."""
STALE = 16
"""Half-lives after which fast counts are brought up to the time."""


class Partners:
    """A row of co-visitation; everything in it is of the later item.

    Args:
        section: As it stands in a row; empty for an item without partners.
    """

    __slots__ = ("_index", "at_ms", "cov", "events", "fast", "ids", "next", "size")

    def __init__(self, section: Section) -> None:
        self.events: float = section.get("events", 0.0)
        self.at_ms: int = section.get("at_ms", 0)
        # Interned: an id is the partner of many items.
        self.ids: list[str] = list(map(intern, section.get("ids", ())))
        self.cov = array("f", section.get("cov", b""))
        self.next = array("f", section.get("next", b""))
        self.fast = array("f", section.get("fast", b""))
        self.size = size_of(self.ids)
        self._index: dict[str, int] | None = None

    def section(self) -> Section:
        """As it stands in a row: `fast` is what it was at `at_ms`."""
        return {
            "events": self.events,
            "at_ms": self.at_ms,
            "ids": self.ids[:],
            "cov": self.cov.tobytes(),
            "next": self.next.tobytes(),
            "fast": self.fast.tobytes(),
        }

    def copied(self) -> "Partners":
        """Another one with the same partners."""
        other = Partners({"events": self.events, "at_ms": self.at_ms})
        other.ids, other.size = self.ids[:], self.size
        other.cov, other.next, other.fast = self.cov[:], self.next[:], self.fast[:]
        return other

    def index(self) -> dict[str, int]:
        """Where each partner stands; made when it is asked for."""
        if self._index is None:
            self._index = dict(zip(self.ids, range(len(self.ids)), strict=True))
        return self._index

    def forget_index(self) -> None:
        """Give the index's memory back, which is twice that of all else."""
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
            fast = np.frombuffer(self.fast, np.float32)
            np.multiply(fast, np.float32(2.0 ** -min(whole, 200)), out=fast)
            self.at_ms += whole * half_life_ms
            age -= whole
        return float(2.0 ** max(age, -STALE * 4))

    def count(self, before: Iterable[tuple[str, float]], rise: float) -> None:
        """Count items that a user had before this one.

        Args:
            before: Ids, and what each counts.
            rise: What 1 is worth for the fast counts.
        """
        index, cov, fast = self.index(), self.cov, self.fast
        old = len(self.ids)
        for partner, share in before:
            place = index.get(partner)
            if place is None:
                index[partner] = place = len(self.ids)
                self.ids.append(intern(partner))
                cov.append(0.0)
                fast.append(0.0)
            cov[place] += share
            fast[place] += share * rise
        if len(self.ids) > old:
            self.next.frombytes(bytes(4 * (len(self.ids) - old)))
            self.size += size_of(self.ids[old:])

    def count_next(self, partner: str, share: float) -> None:
        """Count a partner that came right before this one."""
        self.next[self.index()[partner]] += share

    def keep(self, most: int, most_bytes: int) -> None:
        """If there are too many partners, let an eighth of what may be there go.

        The weakest go, of equals the oldest. Many at once, for it takes time.

        Args:
            most: So many partners a row has at most.
            most_bytes: So many bytes they take at most.
        """
        if len(self.ids) <= most and self.size <= most_bytes:
            return
        most -= most // 8
        most_bytes -= most_bytes // 8
        weakest_first = np.argsort(np.frombuffer(self.cov, np.float32), kind="stable")
        strongest = weakest_first[::-1][:most]
        sizes = np.array([len(each.encode()) + COST for each in self.ids])
        sized = sizes[strongest].cumsum()
        strongest = strongest[: int(np.searchsorted(sized, most_bytes, "right"))]
        self.size = int(sized[len(strongest) - 1]) if len(strongest) else 0
        kept = np.sort(strongest)
        self.ids = [self.ids[place] for place in kept.tolist()]
        self.cov, self.next, self.fast = (
            array("f", np.frombuffer(counts, np.float32)[kept].tobytes())
            for counts in (self.cov, self.next, self.fast)
        )
        self._index = None


def size_of(ids: list[str]) -> int:
    """Bytes that partners take in a row.

    >>> size_of(["abc", "é"])
    35
    """
    return len("".join(ids).encode()) + COST * len(ids)
