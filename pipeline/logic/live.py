"""Live quality: the list last sent to a user, scored by what the user does next."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.logic.catalogue import Hashes
from pipeline.logic.prequential import DEPTH, Prequential

__all__ = ["DEPTH", "Live", "Sent"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A list as it was sent, as far as it is scored.

    Args:
        history: How many interactions the user had then.
        had: Hashes of the items that the user had then, sorted.
        items: The first `DEPTH` of the list.
        popular: The `DEPTH` most popular items then, without those the user had.
    """

    history: int
    had: Hashes
    items: Sequence[str]
    popular: Sequence[str]


class Live:
    """Ranks in the last lists and in plain popularity's, of the same events.

    A metric, not state: nothing of it survives the task. Figures move by `commit`, so
    that a batch that is done again counts once.

    Args:
        users: How many users' last lists are kept; the longest unused goes first.
        hash_of: The 4-byte hash by which `Sent.had` names items.
    """

    def __init__(self, users: int, hash_of: Callable[[str], int]) -> None:
        self._users = users
        self._hash_of = hash_of
        self._sent: OrderedDict[str, Sent] = OrderedDict()
        self._figures = Prequential("live")
        self._staged: dict[str, Sent | None] = {}
        self._staged_ranks: list[tuple[int, int]] = []

    def score(
        self, user: str, history: int, items: Sequence[str], weights: Sequence[float]
    ) -> None:
        """Score the user's last list by what was done since.

        What the user had before is not scored; an item that no one knows is a miss.

        Args:
            user: Who.
            history: How many interactions the user has now.
            items: The last of them, the newest last.
            weights: Theirs; only those above 0 count.
        """
        sent = self._staged.get(user, self._sent.get(user))
        new = 0 if sent is None else min(history - sent.history, len(items))
        if sent is None or new <= 0:
            return
        had = set(sent.had.tolist())
        for item, weight in zip(items[-new:], weights[-new:], strict=True):
            hashed = self._hash_of(item)
            if weight > 0 and hashed not in had:
                ranks = rank_in(sent.items, item), rank_in(sent.popular, item)
                self._staged_ranks.append(ranks)
            had.add(hashed)

    def send(self, user: str, sent: Sent) -> None:
        """Keep the list that is sent to a user."""
        self._staged[user] = sent

    def forget(self, user: str) -> None:
        """Drop a user's list."""
        self._staged[user] = None

    def commit(self) -> None:
        """What was scored and sent since the last commit stands."""
        for rank, popularity_rank in self._staged_ranks:
            self._figures.update(rank, popularity_rank)
        for user, sent in self._staged.items():
            self._sent.pop(user, None)
            if sent is not None:
                self._sent[user] = sent
        while len(self._sent) > self._users:
            self._sent.popitem(last=False)
        self.undo()

    def undo(self) -> None:
        """Forget what was scored and sent since the last commit."""
        self._staged.clear()
        self._staged_ranks.clear()

    def gauges(self) -> dict[str, float]:
        """Figures for metrics, as sums: those of several tasks are added."""
        return self._figures.sums() | {"live_users": len(self._sent)}


def rank_in(items: Sequence[str], item: str) -> int:
    """Rank of an item in a list, from 0; -1 if it is not there.

    >>> rank_in(["a", "b"], "b"), rank_in(["a", "b"], "c")
    (1, -1)
    """
    return items.index(item) if item in items else -1
