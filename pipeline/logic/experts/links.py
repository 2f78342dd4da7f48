"""Links from an earlier item to a later one, found from either end."""

import numpy as np
from numpy.typing import NDArray

from pipeline.logic.arrays import Slots
from pipeline.logic.experts.grow import grown
from pipeline.logic.kernels.covisitation_blocks import CLASSES, class_of, size_of
from pipeline.logic.kernels.covisitation_links import LINK, Web
from pipeline.logic.kernels.covisitation_rows import clear, extend, renew


class Links:
    """All links between nodes.

    What it gives depends on the newest value of each row alone, whatever came before.

    Args:
        strongest: How many links onward from a node are given at most; they can be
            very many.
    """

    def __init__(self, strongest: int = 150) -> None:
        nothing = np.full((2, CLASSES + 1), -1)
        nothing[:, CLASSES] = 0
        self.web = Web(
            links=np.zeros(1024, LINK),
            rows=_blocks(1024),
            onward=np.zeros(1024, np.int32),
            lists=_blocks(1024),
            ties=np.zeros(1024, np.uint32),
            strongest=strongest,
            free=nothing,
        )
        self._wanted = np.zeros(1024, np.int32)

    def add(self, node: int, tie: int) -> None:
        """Have a node that no link knows yet.

        Args:
            node: Its number.
            tie: Decides between equally strong links, 32 bits.
        """
        web = self.web
        if node >= len(web.rows):
            self._wanted = grown(self._wanted, node + 1, 0)
            rows, lists = _more(web.rows, node + 1), _more(web.lists, node + 1)
            ties = grown(web.ties, node + 1, 0)
            self.web = web = web._replace(rows=rows, lists=lists, ties=ties)
        web.ties[node] = tie

    def assign(
        self, node: int, partners: Slots, counts: NDArray[np.float32]
    ) -> list[int]:
        """Make these the links that lead to a node.

        Args:
            node: The later one.
            partners: The earlier ones, distinct, int64 (n,).
            counts: Of each, float32 (channels, n).

        Returns:
            Nodes from which no link comes to this one any more.
        """
        ends = np.empty(self.web.rows[node, 1], np.int64)
        gone, new, cells = renew(self.web, node, partners, counts, self._wanted, ends)
        if new:
            self._make_room(len(partners), cells)
            extend(self.web, node, partners, counts, self._wanted)
        elif not len(partners):
            clear(self.web, node)
        left: list[int] = ends[:gone].tolist()
        return left

    def linked(self, node: int) -> bool:
        """Whether any link comes from a node or leads to it."""
        return bool(self.web.rows[node, 1] or self.web.lists[node, 1])

    def back(self, node: int) -> Slots:
        """Places of the links that lead to a node, in no order."""
        start, length, _ = self.web.rows[node].tolist()
        return np.arange(start, start + length)

    def onward(self, node: int) -> Slots:
        """Places of the strongest links that come from a node, in no order."""
        start, length, _ = self.web.lists[node].tolist()
        length = min(length, self.web.strongest)
        return self.web.onward[start : start + length].astype(np.int64)

    def _make_room(self, places: int, cells: int) -> None:
        """Let there be room for one row of so many links, and their lists."""
        web = self.web
        used = web.free[:, CLASSES]
        if used[0] + size_of(class_of(places)) > len(web.links):
            more = np.zeros(2 * len(web.links), LINK)
            more[: len(web.links)] = web.links
            self.web = web = web._replace(links=more)
        onward = grown(web.onward, int(used[1]) + cells, 0)
        if onward is not web.onward:
            self.web = web._replace(onward=onward)


def _blocks(nodes: int) -> NDArray[np.int32]:
    """Of nodes that have no block."""
    blocks = np.zeros((nodes, 3), np.int32)
    blocks[:, 2] = -1
    return blocks


def _more(blocks: NDArray[np.int32], nodes: int) -> NDArray[np.int32]:
    longer = _blocks(max(nodes, 2 * len(blocks)))
    longer[: len(blocks)] = blocks
    return longer
