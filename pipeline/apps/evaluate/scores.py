"""How good lists are: whether the next item stands in them, and what else is there."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log2, sqrt
from typing import Generic, TypeVar

from pipeline.apps.evaluate.stream import Step

LIST = 20
TOP = 10
FIRST = 3
"""The first so many events of a user are told apart."""
WINDOWS = 40
"""Stretches of the stream, of as many positive events each, for a plot."""

ItemT = TypeVar("ItemT", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over scored events.

    Args:
        events: How many.
        hr_10: Share whose item stood among the first 10.
        hr_20: Share whose item stood among the first 20.
        ndcg_10: 1 / log2(1 + rank) where it stood among the first 10, else 0.
        mrr_20: 1 / rank where it stood among the first 20, else 0.
    """

    events: int
    hr_10: float
    hr_20: float
    ndcg_10: float
    mrr_20: float

    @property
    def error(self) -> float:
        """One standard error of `hr_10`."""
        return sqrt(self.hr_10 * (1 - self.hr_10) / max(1, self.events))


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of the stream.

    Args:
        middle: Where in the stream, in (0, 1).
        events: Scored ones.
        hr_10: As in `Figures`.
    """

    middle: float
    events: int
    hr_10: float


@dataclass(frozen=True, slots=True)
class Report:
    """What lists were like.

    Args:
        all: Over all scored events.
        last_half: Over those in the second half of the stream.
        first_three: Over those that were one of a user's first three.
        coverage: Share of the items seen by the end of the stream that ever stood among
            the first 10 of a list.
        distance: 1 - Jaccard similarity of categories and tags, mean over pairs of the
            first 10, then over lists; None if no pair has a name.
        windows: The hit rate over the stream.
    """

    all: Figures
    last_half: Figures
    first_three: Figures
    coverage: float
    distance: float | None
    windows: list[Window]


class Scores(Generic[ItemT]):
    """Takes lists one by one.

    Args:
        names: Categories and tags of each item; one that is missing has none.
    """

    def __init__(self, names: Mapping[ItemT, frozenset[str]]) -> None:
        self._names = names
        self._all = _Sums()
        self._last_half = _Sums()
        self._first = _Sums()
        self._listed: set[ItemT] = set()
        self._distance = 0.0
        self._lists = 0
        self._hits: Counter[int] = Counter()
        self._events: Counter[int] = Counter()

    def add(self, step: Step, wanted: ItemT, listed: Sequence[ItemT]) -> None:
        """Take a list that was asked for before an event.

        Args:
            step: The event.
            wanted: Its item.
            listed: Up to 20 distinct items, the best first.
        """
        rank = listed.index(wanted) + 1 if wanted in listed else None
        self._all.add(rank)
        if step.position >= 0.5:
            self._last_half.add(rank)
        if step.history < FIRST:
            self._first.add(rank)
        window = int(step.position * WINDOWS)
        self._events[window] += 1
        self._hits[window] += rank is not None and rank <= TOP
        top = listed[:TOP]
        self._listed.update(top)
        distance = mean_distance([self._names.get(item, frozenset()) for item in top])
        if distance is not None:
            self._distance += distance
            self._lists += 1

    def report(self, seen: int) -> Report:
        """Sum up.

        Args:
            seen: Items that had an event by the end of the stream.
        """
        windows = [
            Window((window + 0.5) / WINDOWS, events, self._hits[window] / events)
            for window, events in sorted(self._events.items())
        ]
        return Report(
            self._all.figures(),
            self._last_half.figures(),
            self._first.figures(),
            len(self._listed) / max(1, seen),
            self._distance / self._lists if self._lists else None,
            windows,
        )


def mean_distance(named: Sequence[frozenset[str]]) -> float | None:
    """1 - Jaccard similarity, mean over pairs; pairs without any name are left out.

    >>> mean_distance([frozenset({"Drama"}), frozenset({"Drama", "War"}), frozenset()])
    0.8333333333333334
    """
    total, pairs = 0.0, 0
    for a, b in combinations(named, 2):
        either = len(a | b)
        if either:
            total += 1 - len(a & b) / either
            pairs += 1
    return total / pairs if pairs else None


class _Sums:
    """Sums over scored events."""

    def __init__(self) -> None:
        self._events = 0
        self._in_10 = 0
        self._in_20 = 0
        self._ndcg = 0.0
        self._reciprocal = 0.0

    def add(self, rank: int | None) -> None:
        """Take where the item stood, from 1; None if it did not."""
        self._events += 1
        if rank is None or rank > LIST:
            return
        self._in_20 += 1
        self._reciprocal += 1 / rank
        if rank <= TOP:
            self._in_10 += 1
            self._ndcg += 1 / log2(1 + rank)

    def figures(self) -> Figures:
        """Means; 0 of none."""
        n = max(1, self._events)
        return Figures(
            self._events,
            self._in_10 / n,
            self._in_20 / n,
            self._ndcg / n,
            self._reciprocal / n,
        )
