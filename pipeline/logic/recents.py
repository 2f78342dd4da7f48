"""The last interactions of a user, in the order of event time."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from itertools import compress
from sys import intern

from pipeline.logic.texts import text_bytes

ENTRY_BYTES = 27
"""Of JSON beside item and type: quotes, commas, a time of 13 digits, a weight of 6."""


class Recents:
    """Items, types, times and weights of the last interactions, the newest last.

    Whatever the order in which interactions come in, those with the latest event times
    are kept, in that order; of equal times the one that came last is the newest.

    >>> recents = Recents()
    >>> for item, time in ("a", 10), ("c", 30), ("b", 20):
    ...     recents.insert(item, "click", time, 1.0, limit=2)
    >>> recents.items, list(recents.times_ms), recents.later_than(20)
    (['b', 'c'], [20, 30], 1)
    """

    __slots__ = ("_liked", "items", "size", "times_ms", "types", "weights")

    def __init__(self) -> None:
        self.items: list[str] = []
        self.types: list[str] = []
        self.times_ms = array("q")
        self.weights: list[float] = []
        self._liked = bytearray()
        self.size = 0

    def __len__(self) -> int:
        return len(self.items)

    @classmethod
    def of(
        cls,
        items: Iterable[str],
        types: Iterable[str],
        times_ms: Iterable[int],
        weights: Iterable[float],
    ) -> "Recents":
        """Interactions that are in order."""
        recents = cls()
        # Few items and types stand in many portraits: each text is kept once.
        recents.items = list(map(intern, items))
        recents.types = list(map(intern, types))
        recents.times_ms = array("q", times_ms)
        recents.weights = list(weights)
        recents._liked = bytearray(weight > 0 for weight in recents.weights)
        recents.size = sum(map(text_bytes, recents.items + recents.types))
        recents.size += ENTRY_BYTES * len(recents.items)
        return recents

    def copy(self) -> "Recents":
        """One that changes apart from this one."""
        twin = Recents.__new__(Recents)
        twin.items = self.items.copy()
        twin.types = self.types.copy()
        twin.times_ms = self.times_ms[:]
        twin.weights = self.weights.copy()
        twin._liked = self._liked[:]
        twin.size = self.size
        return twin

    def later_than(self, time_ms: int) -> int:
        """How many have a later event time."""
        times_ms = self.times_ms
        if not times_ms or times_ms[-1] <= time_ms:
            return 0
        return len(times_ms) - bisect_right(times_ms, time_ms)

    def insert(
        self, item: str, act: str, time_ms: int, weight: float, limit: int
    ) -> None:
        """Put an interaction where its time belongs; the oldest beyond `limit` go."""
        at = len(self.items) - self.later_than(time_ms)
        self.items.insert(at, intern(item))
        self.types.insert(at, intern(act))
        self.times_ms.insert(at, time_ms)
        self.weights.insert(at, weight)
        self._liked.insert(at, weight > 0)
        self.size += text_bytes(item) + text_bytes(act) + ENTRY_BYTES
        while len(self.items) > limit:
            self.drop_oldest()

    def drop_oldest(self) -> int:
        """Remove the oldest; says how many bytes went with it."""
        gone = text_bytes(self.items.pop(0)) + text_bytes(self.types.pop(0))
        gone += ENTRY_BYTES
        del self.times_ms[0], self.weights[0], self._liked[0]
        self.size -= gone
        return gone

    def liked_before(self, time_ms: int, limit: int) -> tuple[list[str], list[int]]:
        """The last items in favour of which the user acted, up to an event time.

        Args:
            time_ms: Later ones are left out.
            limit: How many are given at most.

        Returns:
            Items and event times, the newest last.
        """
        liked = self._liked
        late = self.later_than(time_ms)
        if late:
            liked = liked[:-late]
        items = list(compress(self.items, liked))
        return items[-limit:], list(compress(self.times_ms, liked))[-limit:]
