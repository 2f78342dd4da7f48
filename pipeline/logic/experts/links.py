"""Links from an earlier item to a later one, found from either end."""

from array import array

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots
from pipeline.logic.experts.grow import grown
from pipeline.logic.experts.partners import CHANNELS

Places = NDArray[np.int32]
NO_PLACES: Places = np.zeros(0, np.int32)


class Links:
    """All links between nodes, each in one place of flat arrays.

    The links that come from a node can be very many. What `onward` gives of them are
    the `strongest`; they are chosen again when an eighth of them have changed.

    Args:
        strongest: How many links onward from a node are given at most.
    """

    def __init__(self, strongest: int) -> None:
        self.earlier: Places = np.full(1024, -1, np.int32)
        self.later: Places = np.full(1024, -1, np.int32)
        self.counts: NDArray[np.float32] = np.zeros((1024, len(CHANNELS)), np.float32)
        self._strongest = strongest
        self._used = 0
        self._free: list[int] = []
        self._back: dict[int, Places] = {}
        self._onward: dict[int, array[int]] = {}
        self._new: list[Places] = []
        self._chosen: dict[int, Places] = {}
        self._changes = np.zeros(1024, np.int32)
        self._place_of = np.full(1024, -1, np.int32)

    def assign(
        self, node: int, partners: Slots, counts: NDArray[np.float32]
    ) -> list[int]:
        """Make these the links that lead to a node.

        Args:
            node: The later one.
            partners: The earlier ones, distinct, int64 (n,).
            counts: Of each link, float32 (n, channels).

        Returns:
            Nodes from which no link comes any more.
        """
        size = max(node, int(partners.max(initial=-1))) + 1
        self._place_of = grown(self._place_of, size, -1)
        self._changes = grown(self._changes, size, 0)
        old = self._back.get(node, NO_PLACES)
        place_of = self._place_of
        place_of[self.earlier[old]] = old
        places = place_of[partners]
        place_of[self.earlier[old]] = -1
        new = np.flatnonzero(places < 0)
        ends: list[int] = []
        if len(new) + len(old) > len(places):
            place_of[partners] = 0
            gone = old[place_of[self.earlier[old]] < 0]
            place_of[partners] = -1
            ends = self._remove(gone)
        if len(new):
            places[new] = self._add(node, partners[new])
        if len(places):
            self._back[node] = places
        else:
            self._back.pop(node, None)
        self.counts[places] = counts
        self._changes[partners] += 1
        return ends

    def back(self, node: int) -> Places:
        """Places of the links that lead to a node."""
        return self._back.get(node, NO_PLACES)

    def onward(self, node: int) -> Places:
        """Places of the strongest links that come from a node."""
        self._settle()
        links = self._onward.get(node)
        if links is None:
            return NO_PLACES
        places = np.frombuffer(links, np.int32)
        if len(places) <= self._strongest:
            return places.copy()
        chosen = self._chosen.get(node)
        if chosen is None or self._changes[node] * 8 > len(places):
            weakest = len(places) - self._strongest
            order = np.argpartition(self.counts[places, 0], weakest)
            chosen = self._chosen[node] = places[order[weakest:]]
            self._changes[node] = 0
        still: Places = chosen[self.earlier[chosen] == node]
        return still

    def linked(self, node: int) -> bool:
        """Whether any link comes from a node or leads to it."""
        self._settle()
        return node in self._onward or node in self._back

    def _add(self, later: int, earlier: Slots) -> Places:
        number = len(earlier)
        reused = min(number, len(self._free))
        taken = [self._free.pop() for _ in range(reused)]
        taken += range(self._used, self._used + number - reused)
        self._used += number - reused
        self.earlier = grown(self.earlier, self._used, -1)
        self.later = grown(self.later, self._used, -1)
        self.counts = grown(self.counts, self._used, 0)
        self.earlier[taken] = earlier
        self.later[taken] = later
        places = np.array(taken, np.int32)
        self._new.append(places)
        return places

    def _settle(self) -> None:
        """File new links under the nodes they come from: many at once cost little."""
        if not self._new:
            return
        places = np.concatenate(self._new)
        self._new.clear()
        nodes = self.earlier[places]
        order = np.argsort(nodes, kind="stable")
        places, nodes = places[order], nodes[order]
        starts = np.flatnonzero(np.diff(nodes, prepend=-1))
        ends = np.append(starts[1:], len(nodes))
        for node, start, end in zip(
            nodes[starts].tolist(), starts.tolist(), ends.tolist(), strict=True
        ):
            links = self._onward.setdefault(node, array("i"))
            links.frombytes(places[start:end].tobytes())

    def _remove(self, gone: Places) -> list[int]:
        self._settle()
        ends = []
        for node, place in zip(self.earlier[gone].tolist(), gone.tolist(), strict=True):
            links = self._onward[node]
            index = int(np.flatnonzero(np.frombuffer(links, np.int32) == place)[0])
            last = links.pop()
            if last != place:
                links[index] = last
            if not links:
                del self._onward[node]
                self._chosen.pop(node, None)
                ends.append(node)
        self.earlier[gone] = self.later[gone] = -1
        self._free.extend(gone.tolist())
        return ends
