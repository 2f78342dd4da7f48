"""Which items the joint regression spans, and how often users had two of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Matrix, Vector

Places = NDArray[np.uint16]
DAY_MS = 86_400_000
MARGIN = 1.25
"""So many times as often as a member must an item be taken to be given its place."""


@dataclass(frozen=True, slots=True)
class JointSettings:
    """How the regression is learnt.

    Args:
        items: It spans so many at most, those taken most often; 0 learns nothing. At
            its peak it takes about 50 times the square in bytes.
        watched: Of so many items it is counted how often they are taken.
        ridge: L2, in events.
        half_life_ms: After how long, by event time, a count has halved.
        least_events: It is worked out anew after so many events at least
        share: and after this share of all, but
        most_events: after so many at most.
    """

    items: int = 1_000
    watched: int = 4_000
    ridge: float = 150.0
    half_life_ms: int = 1_825 * DAY_MS
    least_events: int = 250
    share: float = 0.05
    most_events: int = 10_000

    def due(self, events: int) -> int:
        """How many events there may be between two regressions.

        >>> [JointSettings().due(n) for n in (0, 40_000, 1_000_000)]
        [250, 2000, 10000]
        """
        part = int(self.share * events)
        return min(max(part, self.least_events), self.most_events)


class Taken(NamedTuple):
    """One item that a user had not had before.

    Args:
        item: Its id.
        had: Places of the items that the user had, as far as they have some.
    """

    item: str
    had: Places


@dataclass(frozen=True, slots=True)
class Core:
    """Counts up to some event; never changed, but replaced.

    Args:
        ids: Of the items that have a place, in its order.
        counts: How often each watched item was taken: first those that have a place,
            in its order.
        together: How often a user who had one item took the other, whichever came
            first, by place, float32 (n, n), symmetric, its diagonal 0.
        at_ms: Event time to which counts have faded.
    """

    ids: tuple[str, ...]
    counts: dict[str, float]
    together: Matrix
    at_ms: int

    def members(self) -> Vector:
        """How often the items that have a place were taken, float32 (n,)."""
        return np.array([self.counts[item] for item in self.ids], np.float32)

    def after(
        self,
        taken: Sequence[Taken],
        at_ms: int,
        settings: JointSettings,
        *,
        choose: bool,
    ) -> "Core":
        """With more that was taken, counts faded to a later time.

        Args:
            taken: What; the places in it are those of this core.
            at_ms: Newest event time.
            settings: How it is learnt.
            choose: Give places to other items, too, if these are taken more often. Who
                takes another's place has been had with nothing yet.
        """
        fade = 0.5 ** (max(at_ms - self.at_ms, 0) / settings.half_life_ms)
        kept = fade if self.at_ms else 1.0
        counts = {item: count * kept for item, count in self.counts.items()}
        for each in taken:
            counts[each.item] = counts.get(each.item, 0.0) + 1.0
        n, ids, given = len(self.ids), self.ids, list[int]()
        if choose:
            ids, given = _chosen(ids, counts, settings.items)
        together = np.zeros((len(ids), len(ids)), np.float32)
        together[:n, :n] = self.together * np.float32(kept)
        _add_pairs(taken, ids, together)
        together[given] = 0
        together[:, given] = 0
        return Core(ids, _watched(counts, ids, settings.watched), together, at_ms)


def _add_pairs(taken: Sequence[Taken], ids: Sequence[str], together: Matrix) -> None:
    """Count which two items came together, both ways, if both have a place."""
    place_of = {item: place for place, item in enumerate(ids)}
    placed = [each for each in taken if each.item in place_of]
    if not placed:
        return
    had = np.concatenate([each.had for each in placed])
    lengths = [len(each.had) for each in placed]
    then = np.repeat([place_of[each.item] for each in placed], lengths)
    np.add.at(together, (then, had), np.float32(1))
    np.add.at(together, (had, then), np.float32(1))


def _chosen(
    ids: tuple[str, ...], counts: Mapping[str, float], most: int
) -> tuple[tuple[str, ...], list[int]]:
    """Who has the places from now on, and which of them were taken from another."""
    members, now = set(ids), list(ids)
    waiting = sorted(
        (item for item in counts if item not in members),
        key=lambda item: (-counts[item], item),
    )
    free = max(most - len(ids), 0)
    weakest = sorted(range(len(ids)), key=lambda place: (counts[ids[place]], place))
    given = []
    for place, item in zip(weakest, waiting[free:], strict=False):
        if counts[item] <= MARGIN * counts[ids[place]]:
            break
        now[place] = item
        given.append(place)
    return (*now, *waiting[:free]), given


def _watched(
    counts: Mapping[str, float], ids: Sequence[str], most: int
) -> dict[str, float]:
    """First those that have a place; of others those taken most often, or newest."""
    members = set(ids)
    others = [item for item in counts if item not in members]
    room = max(most - len(members), 0)
    if len(others) > room:
        often = sorted(reversed(others), key=lambda item: -counts[item])
        kept = set(often[:room])
        others = [item for item in others if item in kept]
    return {item: counts[item] for item in (*ids, *others)}


NOTHING = Core((), {}, np.zeros((0, 0), np.float32), 0)
