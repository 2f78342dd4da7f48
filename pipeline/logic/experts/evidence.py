"""What links say of the items around a user's recent ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Mask, Slots
from pipeline.logic.experts.links import Links, Places

Amounts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Links between recent nodes and others, in any order.

    Args:
        places: Of each link, int32 (links,).
        sources: Index of the recent node at its one end, int64 (links,).
        onward: Whether it leads on from there, bool (links,).
        targets: Index into `nodes` of its other end, int64 (links,).
        nodes: Nodes at the other ends, each once, ascending, int64 (n,).
    """

    places: Places
    sources: Slots
    onward: Mask
    targets: Slots
    nodes: Slots

    def by_node(self, amounts: Amounts) -> Amounts:
        """Sum of an amount of each link by node at the other end, float64 (n,)."""
        sums: Amounts = np.bincount(self.targets, amounts, len(self.nodes)).astype(
            float
        )
        return sums

    def speakers(self, amounts: Amounts, recent: int) -> Slots:
        """For each of `nodes`, the recent node with the largest sum, int64 (n,).

        Args:
            amounts: Of each link.
            recent: How many recent nodes there are.
        """
        pairs = self.targets * recent + self.sources
        sums = np.bincount(pairs, amounts, len(self.nodes) * recent)
        best: Slots = sums.reshape(len(self.nodes), recent).argmax(axis=1)
        return best

    def of(self, sums: Amounts, nodes: Slots) -> Amounts:
        """Sums of nodes that may or may not be among `nodes`, 0 of those that are not.

        Args:
            sums: What `by_node` gave.
            nodes: Any nodes, int64 (m,).
        """
        if not len(self.nodes):
            return np.zeros(len(nodes))
        index = np.minimum(np.searchsorted(self.nodes, nodes), len(self.nodes) - 1)
        return np.where(self.nodes[index] == nodes, sums[index], 0.0)


def gather(links: Links, recent: Sequence[int]) -> Evidence:
    """All links of recent nodes, those that lead on and those that lead there."""
    parts = [part for node in recent for part in (links.onward(node), links.back(node))]
    if not parts:
        none = np.zeros(0, np.int64)
        return Evidence(none.astype(np.int32), none, none == 0, none, none)
    part = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    places = np.concatenate(parts)
    onward = part % 2 == 0
    others = np.where(onward, links.later[places], links.earlier[places])
    # Cheaper than sorting them: a mark on each.
    marks = np.zeros(int(others.max(initial=-1)) + 1, np.bool_)
    marks[others] = True
    nodes = np.flatnonzero(marks)
    ranks = np.empty(len(marks), np.int64)
    ranks[nodes] = np.arange(len(nodes))
    return Evidence(places, part // 2, onward, ranks[others], nodes)
