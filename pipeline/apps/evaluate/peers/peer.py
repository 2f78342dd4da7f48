"""What a peer is: another way to recommend, measured on the same stream as ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.apps.evaluate.stream import Stream
from pipeline.logic.arrays import Slots, Vector

Floats = NDArray[np.float64]
Ids = NDArray[np.int32]
"""Numbers of users or items."""

FAINT = 1e-9
"""What an event adds to an item's score, so that popularity decides where all else is
equal, as for a new user."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a stream is, so that arrays are made once.

    Args:
        users: Their numbers are below it.
        items: Likewise.
        events: That will be learnt; what is fitted anew is so at each tenth of them.
    """

    users: int
    items: int
    events: int


def size_of(stream: Stream) -> Size:
    """How large a stream is."""
    positives = sum(step.positive for step in stream.steps)
    return Size(len(stream.user_numbers), len(stream.item_numbers), positives)


class Peer(Protocol):
    """Recommends and learns, event by event.

    Attributes:
        name: For the table.
    """

    name: str

    def top(self, user: int, at_ms: int, n: int) -> Sequence[int]:
        """Items for a user at a moment, the best first.

        None that the user had, and only such as were seen. `at_ms` is in event time.
        """

    def learn(self, user: int, item: int, at_ms: int) -> None:
        """Learn an event in favour of an item."""

    def pass_over(self, user: int, item: int) -> None:
        """The user had an item and did not like it: seen, and not for this user."""


class Past:
    """What was seen so far; that of which all peers need the same.

    Attributes:
        counts: Events in favour of each item, float64 (items,).

    Args:
        size: Of the stream.
    """

    def __init__(self, size: Size) -> None:
        self.counts = np.zeros(size.items)
        self._unseen = np.ones(size.items, np.bool_)
        self._end = 0  # numbers of the items that were seen are below it
        self._liked: list[dict[int, None]] = [{} for _ in range(size.users)]
        self._had: list[dict[int, None]] = [{} for _ in range(size.users)]

    def like(self, user: int, item: int) -> None:
        """Note an event in favour of an item; it is the user's latest."""
        self._liked[user].pop(item, None)
        self._liked[user][item] = None
        self.counts[item] += 1
        self.have(user, item)

    def have(self, user: int, item: int) -> None:
        """Note that a user has an item."""
        self._had[user][item] = None
        self._unseen[item] = False
        self._end = max(self._end, item + 1)

    def likes(self, user: int, item: int) -> bool:
        """Whether there was an event in favour of it."""
        return item in self._liked[user]

    def recent(self, user: int, n: int) -> Slots:
        """The last `n` distinct items in favour, int64, the newest first."""
        return np.fromiter(islice(reversed(self._liked[user]), n), np.int64)

    def liked(self, user: int) -> Slots:
        """All distinct items in favour, int64, the newest last."""
        return np.fromiter(self._liked[user], np.int64)

    def best(self, scores: Vector | Floats, user: int, n: int) -> list[int]:
        """The `n` items of the highest scores that may be listed for a user.

        Args:
            scores: Of each item, (items,).
            user: Whose items are left out.
            n: At most.
        """
        end = self._end
        ranked = scores[:end] + FAINT * self.counts[:end]
        ranked[self._unseen[:end]] = -np.inf
        ranked[np.fromiter(self._had[user], np.int64)] = -np.inf
        rest = max(0, end - n)
        top = np.argpartition(ranked, rest)[rest:] if rest else np.arange(end)
        top = top[np.argsort(-ranked[top], kind="stable")]
        found: list[int] = top[ranked[top] > -np.inf].tolist()
        return found
