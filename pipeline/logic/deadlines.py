"""What comes due when, by event time."""

from heapq import heappop, heappush
from math import inf

Deadline = tuple[int, str, str]


class Deadlines:
    """Deadlines of groups and names; out they come in one order, however they went in.

    Entries may be out of date or there twice: whoever takes one looks whether it still
    holds. So nothing is ever searched for or removed.

    >>> deadlines = Deadlines()
    >>> deadlines.add(7, "u2", "i1"), deadlines.add(7, "u1", "i1")
    (None, None)
    >>> deadlines.take(6), deadlines.take(7), deadlines.take(7), deadlines.take(7)
    (None, (7, 'u1', 'i1'), (7, 'u2', 'i1'), None)
    """

    __slots__ = ("_heap",)

    def __init__(self) -> None:
        self._heap: list[Deadline] = []

    def add(self, due_ms: int, group: str, name: str) -> None:
        """Note when something comes due."""
        heappush(self._heap, (due_ms, group, name))

    @property
    def next_ms(self) -> float:
        """The earliest; infinite if there is none."""
        return self._heap[0][0] if self._heap else inf

    def take(self, time_ms: int) -> Deadline | None:
        """The earliest that has come due at `time_ms`, or None."""
        if self._heap and self._heap[0][0] <= time_ms:
            return heappop(self._heap)
        return None
