"""Interest by vectors: the reading side of the expert.

It holds the learner's own tables, block by block, and which of their items has which
slot of the replica. An item may get its slot before or after its vector.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.logic.arrays import Mask, Matrix, Slots, Vector
from pipeline.logic.expert import Moment, Part, Section
from pipeline.logic.experts.embedding_items import ItemRows
from pipeline.logic.experts.embedding_tables import TAGS, EmbeddingSettings, make_tables
from pipeline.logic.kernels.embedding_reading import explain, pulls, speakers
from pipeline.logic.kernels.embedding_scan import best
from pipeline.logic.kernels.ties import ties
from pipeline.logic.slots import SlotTable

PROPOSED = 50
"""How many items it proposes for a list."""


@dataclass(frozen=True, slots=True)
class _Look:
    """A moment in vectors.

    Args:
        moment: Which.
        recent: Slots of recent items that have a context, the newest first.
        rows: Their rows of `contexts`.
        tied: Which of them have the time of the one before.
        pulls: `u W`, then that of each part of `u`.
    """

    moment: Moment
    recent: Slots
    rows: Slots
    tied: Mask
    pulls: Matrix


class EmbeddingReader:
    """Interest of a user in every item that has a vector.

    Args:
        slots: The dictionary of ids to slots that all readers of the replica share.
        settings: As of the learner.
    """

    name = "embedding"
    part: Part = "dense"
    context_names: tuple[str, ...] = ()

    def __init__(
        self, slots: SlotTable, settings: EmbeddingSettings | None = None
    ) -> None:
        self._slots = slots
        self._settings = settings or EmbeddingSettings()
        self._tables = make_tables(self._settings)
        self._items = ItemRows(slots, self._tables)
        self._w = np.eye(self._settings.dims, dtype=np.float32)
        self._weights = self._settings.look_weights()
        self._look: _Look | None = None
        looks = (f"recent_{length}" for _, length in self._settings.looks)
        self.feature_names = ("interest", "attributes", *looks, "tags")

    def assign(self, slot: int, section: Section) -> None:
        """Take an item's categories and tags, heard as long as it has no vector.

        Args:
            slot: Of the item.
            section: `categories` and `tags`, lists of names; may be empty.
        """
        names = (*section.get("categories", ()), *section.get("tags", ()))
        self._items.describe(slot, names)

    def assign_shared(self, key: str, section: Section) -> None:
        """Take a block of vectors, or W."""
        self._look = None
        kind, _, rest = key.partition("/")
        table = rest.partition("/")[0]
        if kind == "~dense":
            shape = self._w.shape
            self._w = np.frombuffer(section["w"], "<f4").reshape(shape).copy()
        elif kind == "vectors" and table in self._tables:
            self._items.load(table, section)

    def drop(self, slot: int) -> None:
        """The item is gone; its slot may be given to another."""
        self._look = None
        self._items.drop(slot)

    def candidates(self, moment: Moment, listable: Mask) -> Slots:
        """The items of the highest interest, among those acted on most often."""
        scan = self._items.scan()
        scores = scan.vectors @ self._looked(moment).pulls[0] + scan.biases
        return best(scores, scan.rows, self._items.slot_of, listable, PROPOSED)

    def context(self, moment: Moment) -> Vector:
        """Nothing."""
        return np.zeros(0, np.float32)

    def features(self, moment: Moment, slots: Slots, out: Matrix) -> None:
        """Interest, its parts by what makes a user, and what is due to tags; logits."""
        items, pull = self._items, self._looked(moment).pulls
        rows = items.rows_of(slots)
        named = items.named(slots[rows < 0])
        explain(pull, items.vectors(), rows, slots, named, items.mean(), out)

    def because(self, moment: Moment, slots: Slots) -> Slots:
        """The recent items whose vectors point most to these."""
        look, rows = self._looked(moment), self._items.rows_of(slots)
        contexts = self._tables["contexts"]["values"]
        vectors = self._items.vectors()
        places = speakers(
            look.rows, look.tied, self._weights, contexts, self._w, vectors, rows
        )
        return np.append(look.recent, -1)[places]  # the place -1 is that of no item

    def _looked(self, moment: Moment) -> _Look:
        """The moment in vectors; asked for several times, worked out once."""
        if self._look is not None and self._look.moment is moment:
            return self._look
        newest = moment.recent[::-1][: self._settings.look_back]
        ids = self._slots.ids_of(newest)
        contexts, attributes = self._tables["contexts"], self._tables["attributes"]
        rows = contexts.find(ids)
        known = rows >= 0
        recent, rows = newest[known], rows[known]
        times_ms = moment.recent_times_ms[::-1][: self._settings.look_back][known]
        tied = np.zeros(len(rows), np.bool_)
        ties(times_ms, tied)
        own = attributes.find(moment.attributes[:TAGS])
        pull = pulls(
            rows,
            tied,
            own[own >= 0],
            self._weights,
            contexts["values"],
            attributes["values"],
            self._w,
        )
        self._look = _Look(moment, recent, rows, tied, pull)
        return self._look
