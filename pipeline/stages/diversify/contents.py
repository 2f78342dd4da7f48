"""A sample of the items that come by, and the basis of content fitted from it."""

from base64 import b64encode
from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from pipeline.logic.ledger import Ledger
from pipeline.logic.sampling import drawn
from pipeline.stages.diversify.config import BasisConfig
from topics.diversify_changelog import Content, Memory
from topics.examples import Example
from topics.samples import Basis

ITEMS = ""
"""The group of the ledger under which all items stand."""


class Contents:
    """The content of distinct items, each as likely to be here as any other.

    Those with the smallest hashes are kept (a bottom-k sample: Cohen and Kaplan,
    Summarizing data using bottom-k sketches, PODC 2007), so how often an item comes
    says nothing. One that was taken long ago goes when a basis is fitted; if it still
    comes by, it is taken again.

    Args:
        config: Settings.
    """

    def __init__(self, config: BasisConfig) -> None:
        self._config = config
        self._kept: Ledger[Content] = Ledger()
        self._version = self._committed = 0
        self._heap: list[tuple[int, str]] = []
        self._new = 0
        self._counted = True

    def see(self, example: Example, now_ms: int) -> None:
        """Take the content of an example's item, if it belongs to the sample.

        Args:
            example: As it is emitted.
            now_ms: The watermark, event time.
        """
        categories, tags = example.categories, example.tags
        if not (categories or tags):
            return
        item = example.item_id
        old = self._kept.get(ITEMS, item)
        if old is not None and (old.categories, old.tags) == (categories, tags):
            return
        self._count()
        if old is None:
            rank = -drawn(item), item
            if len(self._heap) >= self._config.most:
                if rank < self._heap[0]:
                    return
                self._drop(heappop(self._heap)[1])
            heappush(self._heap, rank)
        self._new += old is None or old.version != self._version
        self._kept.put(ITEMS, item, Content(categories, tags, now_ms, self._version))

    @property
    def _due(self) -> bool:
        """Whether enough of the sample is new."""
        self._count()
        config = self._config
        return self._new >= max(config.first, config.renewed * len(self._kept))

    def fit(self, now_ms: int) -> Basis | None:
        """The basis of the items that are here now, if one is due."""
        if not self._due:
            return None
        from pipeline.logic.pca import fit, marked  # noqa: PLC0415  # numpy, seldom

        for _, item, content in list(self._kept.items()):
            if content.event_time_ms < now_ms - self._config.keep_ms:
                self._drop(item)
        self._counted = False
        if not self._due:
            return None
        self._counted = False
        self._version += 1
        items = [marked(c.categories, c.tags) for _, _, c in self._kept.items()]
        mean, components = (b64encode(array.tobytes()).decode() for array in fit(items))
        return Basis(self._version, mean, components)

    def commit(self) -> None:
        """What was touched is durable."""
        self._kept.commit()
        self._committed = self._version

    def undo(self) -> None:
        """Back to the last commit."""
        self._counted = not self._kept.undo() and self._version == self._committed
        self._version = self._committed

    def load(self, memory: Memory) -> None:
        """Take one unit of the changelog."""
        self._counted = False
        if memory.entry == "basis":
            self._version = self._committed = memory.version
        else:
            self._kept.load(ITEMS, memory.item_id, memory.content)

    def touched(self) -> Iterator[Memory]:
        """What has changed since the last commit."""
        for _, item in self._kept.touched():
            yield Memory("content", "", item, content=self._kept.get(ITEMS, item))
        if self._version != self._committed:
            yield Memory("basis", version=self._version)

    def everything(self) -> Iterator[Memory]:
        """All that is remembered, after what is no more."""
        for memory in self.touched():
            if memory.entry == "content" and memory.content is None:
                yield memory
        for _, item, content in self._kept.items():
            yield Memory("content", "", item, content=content)
        if self._version:
            yield Memory("basis", version=self._version)

    def _drop(self, item: str) -> None:
        gone = self._kept.get(ITEMS, item)
        self._new -= gone is not None and gone.version == self._version
        self._kept.drop(ITEMS, item)

    def _count(self) -> None:
        """Order the sample anew, and count what is new, if that is not known."""
        if self._counted:
            return
        kept = list(self._kept.items())
        self._heap = [(-drawn(item), item) for _, item, _ in kept]
        heapify(self._heap)
        self._new = sum(content.version == self._version for _, _, content in kept)
        self._counted = True
