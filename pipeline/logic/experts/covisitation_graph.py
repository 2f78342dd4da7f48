"""Items and the links between them, as their rows tell."""

from zlib import crc32

import numpy as np

from pipeline.logic.arrays import Slots
from pipeline.logic.expert import Section
from pipeline.logic.experts.grow import grown
from pipeline.logic.experts.links import Links
from pipeline.logic.experts.partners import counts_of
from pipeline.logic.kernels.covisitation_weights import Items
from pipeline.logic.slots import SlotTable

NO_PARTNERS = np.zeros(0, np.int64)
NO_COUNTS = counts_of({})
"""Read-only, as those of rows are: else kernels would be compiled once more."""


class Graph:
    """Nodes, one an item, and links.

    A partner may be an item without a row, or one whose row has not come yet. So ids
    have nodes of their own here; a node has a slot while the item has a row.

    Args:
        half_life_ms: Of fast counts.

    Attributes:
        links: Between nodes.
        items: By node.
        total: Events of all of them, each item's rounded: a sum of whole numbers is the
            same in whatever order rows come.
    """

    def __init__(self, half_life_ms: int) -> None:
        self.links = Links()
        self.items = Items(
            slots=np.full(1024, -1, np.int64),
            events=np.zeros(1024),
            at_ms=np.zeros(1024),
            half_life_ms=float(half_life_ms),
        )
        self.total = 0
        self._ids = SlotTable()
        self._node_of: Slots = np.full(1024, -1, np.int64)

    def assign(self, item: str, slot: int, section: Section) -> None:
        """Take the partners of an item, in place of those before."""
        node, ids = self._add(item), section.get("ids", ())
        partners = self._ids.get_all(ids)
        for index in np.flatnonzero(partners < 0).tolist():
            partners[index] = self._add(ids[index])
        self._node_of = grown(self._node_of, slot + 1, -1)
        self._node_of[slot], self.items.slots[node] = node, slot
        self._count(node, section.get("events", 0.0))
        self.items.at_ms[node] = section.get("at_ms", 0)
        self._forget(self.links.assign(node, partners, counts_of(section)))

    def drop(self, slot: int) -> None:
        """The item is gone; it may still be a partner of others."""
        node = int(self._node_of[slot]) if slot < len(self._node_of) else -1
        if node < 0:
            return
        self._node_of[slot] = self.items.slots[node] = -1
        self._count(node, 0.0)
        self._forget([*self.links.assign(node, NO_PARTNERS, NO_COUNTS), node])

    def nodes(self, slots: Slots) -> Slots:
        """Nodes of slots, -1 for none, int64 (n,)."""
        size = len(self._node_of)
        if slots.max(initial=-1) < size:
            return self._node_of[slots]
        nodes: Slots = np.where(slots < size, self._node_of[slots % size], -1)
        return nodes

    def _count(self, node: int, events: float) -> None:
        """Take how many events an item had, in place of those before."""
        self.total += round(events) - round(self.items.events[node])
        self.items.events[node] = events

    def _add(self, item: str) -> int:
        """Node of an id, a new one if it has none."""
        node = self._ids.get(item)
        if node < 0:
            node = self._ids.add(item)
            # By the id, so that it does not matter in what order ids came.
            self.links.add(node, crc32(item.encode()))
            items = self.items
            if node >= len(items.slots):
                self.items = items._replace(
                    slots=grown(items.slots, node + 1, -1),
                    events=grown(items.events, node + 1, 0),
                    at_ms=grown(items.at_ms, node + 1, 0),
                )
        return node

    def _forget(self, nodes: list[int]) -> None:
        """Let go of nodes that no link knows and that have no slot."""
        for node in nodes:
            item = self._ids.id_of(node)
            unused = self.items.slots[node] < 0 and not self.links.linked(node)
            if item is not None and unused:
                self._ids.drop(item)
